// SPDX-License-Identifier: Apache-2.0
/* Which host this is, by files of machine-id(5). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/machine_id.h"
#include "root_rig.h"

#define ID "0123456789abcdef0123456789abcdef"

static bool reads(const char *text, char ret[MACHINE_ID_DIGITS + 1])
{
	put_text("machine-id", text);
	return machine_id__of(in_root("machine-id"), ret);
}

static void files(void **state)
{
	static const char *const bad[] = {"", "\n", "uninitialized\n", "0123456789abcdef",
					  "0123456789ABCDEF0123456789ABCDEF\n"};
	char id[MACHINE_ID_DIGITS + 1] = "as it was";
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(reads(bad[i], id));
	assert_false(machine_id__of("/nowhere/machine-id", id));
	assert_false(machine_id__of("/tmp", id));
	assert_string_equal(id, "as it was");
	assert_true(reads(ID, id));
	assert_string_equal(id, ID);
	assert_true(reads(ID "\n", id));
	assert_string_equal(id, ID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files),
	};

	return cmocka_run_group_tests(tests, root__make, root__remove);
}

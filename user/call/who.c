// SPDX-License-Identifier: Apache-2.0
#include "call/who.h"

#include <stddef.h>

#define AT(member) offsetof(struct who, member)

static const size_t texts[] = {
	AT(comm), AT(exe),     AT(cmdline), AT(cgroup), AT(container_id),
	AT(unit), AT(service), AT(feature),
};

#define N_TEXTS (sizeof(texts) / sizeof(texts[0]))

/* A new text must be in the table. */
_Static_assert(sizeof(struct who) == 2 * sizeof(uint32_t) + N_TEXTS * sizeof(char *),
	       "who__copy knows all members");

bool who__copy(struct who *to, const struct who *from, struct arena *a)
{
	bool whole = true;
	size_t i;

	*to = *from;
	for (i = 0; i < N_TEXTS; i++) {
		const char **text = (const char **)(void *)((char *)to + texts[i]);

		if (!*text)
			continue;
		*text = arena__string(a, span_str(*text));
		whole &= *text != NULL;
	}
	return whole;
}

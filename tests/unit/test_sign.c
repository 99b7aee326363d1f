// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "capture/locate.h"
#include "capture/sign.h"

static void test_paths(void **state)
{
	static const struct {
		const char *path, *name;
	} cases[] = {
		{"/usr/lib/jvm/java-21/lib/server/libjvm.so", "jsse"},
		{"libjvm.so", "jsse"},
		{"/usr/lib/erlang/erts-13.1.5/bin/beam.smp", "otp"},
		{"/opt/libmbedtls.so.14", "mbedtls"},
		{"/opt/libwolfssl.so.42.1.0", "wolfssl"},
		{"/usr/lib/libs2n.so.1", "s2n"},
		{"/usr/bin/qemu-aarch64-static", "emulated"},
		{"/usr/bin/qemu-arm", "emulated"},
		{"/usr/bin/wasmtime", "wasm"},
		{"/usr/lib/dotnet/libcoreclr.so", "dotnet"},
		{"/usr/bin/qemu-system-x86_64", NULL}, /* a whole machine */
		{"/usr/lib/libjvm.so/other", NULL},
		{"/usr/lib/libjvm.so.debug", NULL},
		{"/usr/lib/erlang/bin/beam.smp.old", NULL},
		{"/usr/lib/x86_64-linux-gnu/libssl.so.3", NULL},
		{"/usr/bin/wasmtime-run", NULL},
		{"", NULL},
	};
	const struct sign *s;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		s = sign__of_path(cases[i].path);
		if (!cases[i].name) {
			assert_null(s);
			continue;
		}
		assert_non_null(s);
		assert_string_equal(s->name, cases[i].name);
		assert_true(*s->title && *s->why && *s->remedy);
		assert_int_equal(s->later, !strcmp(s->name, "dotnet"));
	}
}

static void test_headers(void **state)
{
	/* e_ident, e_type, e_machine */
	uint8_t head[20] = {0x7f, 'E', 'L', 'F', 2, 1, 1};

#if defined(__x86_64__)
	const uint8_t own = 62, other = 183;
#else
	const uint8_t own = 183, other = 62;
#endif
	head[18] = own;
	assert_null(sign__of_header(span(head, sizeof(head))));
	head[18] = other;
	assert_string_equal(sign__of_header(span(head, sizeof(head)))->name, "emulated");
	head[5] = 2; /* big-endian */
	head[18] = 0;
	head[19] = own;
	assert_null(sign__of_header(span(head, sizeof(head))));
	head[4] = 1;
	assert_string_equal(sign__of_header(span(head, sizeof(head)))->name, "32-bit");
	assert_null(sign__of_header(span(head, 19)));
	assert_null(sign__of_header(span(NULL, 0)));
	head[0] = '#';
	assert_null(sign__of_header(span(head, sizeof(head))));
}

static void test_located(void **state)
{
	struct located l = {.stack = TLS_BORINGSSL, .version = "2024"};
	char text[256], little[12];

	located__text(&l, text, sizeof(text));
	assert_string_equal(text, "BoringSSL 2024 is not seen: its functions were not found");
	strcpy(l.why_not, "two functions look like SSL_read");
	located__text(&l, text, sizeof(text));
	assert_string_equal(text, "BoringSSL 2024 is not seen: two functions look like SSL_read");
	assert_int_equal(located__sites(&l), 0);
	l.n = 2;
	l.site[0] = (struct probe_site){.name = "SSL_read", .vaddr = 0x10, .reason = "symbol"};
	l.site[1] = (struct probe_site){.name = "SSL_write", .vaddr = 0x20, .left_out = "unsafe"};
	assert_int_equal(located__sites(&l), 1);
	located__text(&l, text, sizeof(text));
	assert_string_equal(text, "BoringSSL 2024: SSL_read at 0x10 (symbol), SSL_write at 0x20 "
				  "(not probed: unsafe)");
	l.site[0].left_out = "unsafe";
	located__text(&l, text, sizeof(text));
	assert_string_equal(text, "BoringSSL 2024 is not seen: unsafe");
	for (size_t n = 1; n < sizeof(little); n++) {
		memset(little, 'x', sizeof(little));
		located__text(&l, little, n);
		assert_int_equal(little[n - 1], 0);
		assert_int_equal(little[n], 'x');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_located),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

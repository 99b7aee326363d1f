// SPDX-License-Identifier: Apache-2.0
/* Names in the first bytes of TLS over TCP, and which of them are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "call/unseen.h"
#include "capture/client_hello.h"
#include "capture/hellos.h"

#define S 1000000000ULL

static size_t put16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
	return 2;
}

/* A record with a ClientHello, whose name stands behind so many bytes of another extension. */
static size_t record(uint8_t *p, const char *name, size_t filler)
{
	size_t n = 9, ext, name_n = strlen(name);

	n += put16(p + n, 0x0303);
	memset(p + n, 7, 32);
	n += 32;
	p[n++] = 0;
	n += put16(p + n, 2);
	n += put16(p + n, 0x1301);
	p[n++] = 1;
	p[n++] = 0;
	ext = n;
	n += 2;
	n += put16(p + n, 51);
	n += put16(p + n, filler);
	memset(p + n, 9, filler);
	n += filler;
	if (name_n) {
		n += put16(p + n, 0);
		n += put16(p + n, name_n + 5);
		n += put16(p + n, name_n + 3);
		p[n++] = 0;
		n += put16(p + n, name_n);
		memcpy(p + n, name, name_n);
		n += name_n;
	}
	put16(p + ext, n - ext - 2);
	p[0] = 22;
	put16(p + 1, 0x0301);
	put16(p + 3, n - 5);
	p[5] = 1;
	p[6] = 0;
	put16(p + 7, n - 9);
	return n;
}

/* Of just so many bytes, so that a read past them is found. */
static uint8_t *exact_copy(const uint8_t *p, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);

	assert_non_null(copy);
	memcpy(copy, p, n);
	return copy;
}

static void test_record(void **state)
{
	uint8_t bytes[2048], *copy;
	size_t n = record(bytes, "api.example.com", 300), i;
	struct span name;

	assert_int_equal(client_hello__of_record(span(bytes, n), &name), HELLO_NAME);
	assert_true(span_eq(name, SPAN_LIT("api.example.com")));
	/* Cut anywhere: the name, or that it is still to come; nothing is read past the end. */
	for (i = 0; i < n; i++) {
		copy = exact_copy(bytes, i);
		assert_int_equal(client_hello__of_record(span(copy, i), &name), HELLO_MORE);
		free(copy);
	}
	/* Any byte may be another: it gives something or nothing, and never reads beyond. */
	for (i = 0; i < n; i++) {
		copy = exact_copy(bytes, n);
		copy[i] ^= 0xff;
		if (client_hello__of_record(span(copy, n), &name) == HELLO_NAME)
			assert_true(name.p >= copy && name.p + name.n <= copy + n);
		free(copy);
	}
	n = record(bytes, "", 10);
	assert_int_equal(client_hello__of_record(span(bytes, n), &name), HELLO_NAMELESS);
	bytes[5] = 2; /* a ServerHello */
	assert_int_equal(client_hello__of_record(span(bytes, n), &name), HELLO_NO);
	bytes[0] = 23;
	assert_int_equal(client_hello__of_record(span(bytes, n), &name), HELLO_NO);
	assert_int_equal(client_hello__of_record(SPAN_LIT("GET / HTTP/1.1\r\n"), &name), HELLO_NO);
}

static bool matters(void *ctx, const char *host)
{
	++*(unsigned int *)ctx;
	return !strcmp(host, "llm");
}

static void say(struct hellos *h, uint64_t ts_ns, const char *host, uint32_t pid)
{
	hellos__of(h, ts_ns, span_str(host), pid);
}

static void test_hellos(void **state)
{
	static struct event_hello e;
	unsigned int asked = 0;
	struct procs procs = {0};
	struct hellos_config config = {matters, &asked, &procs, NULL, true};
	struct capture_unseen u;
	struct hellos *h;

	assert_int_equal(hellos__new(&config, &h), 0);
	assert_false(hellos__due(h, UINT64_MAX, 0, &u));
	/* After its time, once, with what is known of it. */
	say(h, 1 * S, "llm", 5);
	assert_false(hellos__due(h, 2 * S, 0, &u));
	assert_false(hellos__due(h, 9 * S, 6, &u));
	assert_true(hellos__due(h, 9 * S, 0, &u));
	assert_string_equal(u.host, "llm");
	assert_string_equal(u.protocol, "tls");
	assert_string_equal(u.library, "");
	assert_int_equal(u.pid, 5);
	assert_int_equal(u.ts_ns, 1 * S);
	assert_false(hellos__due(h, 9 * S, 0, &u));
	/* Not again within a minute, but another's, to another host, and later. */
	say(h, 10 * S, "llm", 5);
	assert_false(hellos__due(h, UINT64_MAX, 0, &u));
	say(h, 10 * S, "llm", 6);
	say(h, 10 * S, "other", 5);
	say(h, 80 * S, "llm", 5);
	for (int i = 0; i < 3; i++)
		assert_true(hellos__due(h, UINT64_MAX, 0, &u));
	assert_false(hellos__due(h, UINT64_MAX, 0, &u));
	/* Its plaintext came by: it is seen. */
	say(h, 200 * S, "llm", 5);
	say(h, 200 * S, "llm", 7);
	hellos__seen(h, 5);
	hellos__seen(NULL, 5);
	assert_false(hellos__due(h, UINT64_MAX, 5, &u));
	assert_true(hellos__due(h, UINT64_MAX, 7, &u));
	/* Its library was found meanwhile; of two libraries one may still not be seen. */
	procs__note(&procs, 8, TARGET_PROBED);
	procs__note(&procs, 9, TARGET_PROBED | TARGET_SIGNED);
	procs__note(&procs, 10, TARGET_PROBED | TARGET_UNLOCATED);
	say(h, 300 * S, "llm", 8);
	say(h, 300 * S, "llm", 9);
	say(h, 300 * S, "llm", 10);
	assert_true(hellos__due(h, UINT64_MAX, 0, &u));
	assert_int_equal(u.pid, 9);
	assert_true(hellos__due(h, UINT64_MAX, 0, &u));
	assert_int_equal(u.pid, 10);
	assert_false(hellos__due(h, UINT64_MAX, 0, &u));
	/* No names that could not be told, and no more than there is room for. */
	hellos__of(h, 400 * S, SPAN_LIT("a\0b"), 5);
	hellos__of(h, 400 * S, SPAN_NONE, 5);
	assert_false(hellos__due(h, UINT64_MAX, 0, &u));
	for (uint32_t i = 0; i < 1000; i++)
		say(h, 500 * S, "llm", 1000 + i);
	for (int i = 0; i < 64; i++)
		assert_true(hellos__due(h, UINT64_MAX, 0, &u));
	assert_false(hellos__due(h, UINT64_MAX, 0, &u));
	/* Hosts that do not matter cost no look through /proc. */
	e.len = (uint32_t)record(e.bytes, "elsewhere", 10);
	assert_int_equal(hellos__take(h, &e), 0);
	assert_int_equal(asked, 1);
	e.len = sizeof(e.bytes) + 1;
	assert_int_equal(hellos__take(h, &e), 0);
	assert_int_equal(asked, 1);
	hellos__free(h);
	procs__free(&procs);
}

static void note(struct unseen_table *t, const char *protocol, const char *host,
		 const char *library, bool first)
{
	struct capture_unseen u = {
		.protocol = protocol, .host = host, .library = library, .pid = 1};

	assert_int_equal(unseen__note(t, &u), first);
}

static void test_table(void **state)
{
	static struct unseen_table t;
	char host[64];
	uint64_t total = 0;

	note(&t, "tls", "www.example.org", "", false);
	assert_int_equal(t.n, 0);
	note(&t, "tls", "api.openai.com", "JSSE (Java)", true);
	note(&t, "tls", "api.openai.com", "JSSE (Java)", false);
	note(&t, "tls", "api.openai.com", "", true);
	note(&t, "quic", "api.openai.com", "", true);
	assert_int_equal(t.n, 3);
	assert_int_equal(t.v[0].connections, 2);
	assert_string_equal(t.v[0].library, "JSSE (Java)");
	assert_null(t.v[1].library);
	assert_string_equal(t.v[2].protocol, "quic");
	/* However many hosts there are, none is lost from the sum. */
	for (int i = 0; i < 200; i++) {
		struct capture_unseen u = {
			.protocol = i % 2 ? "tls" : "quic", .library = "", .host = host};

		snprintf(host, sizeof(host), "r%d.api.openai.com", i);
		unseen__note(&t, &u);
	}
	assert_int_equal(t.n, UNSEEN_MAX);
	for (unsigned int i = 0; i < t.n; i++)
		total += t.v[i].connections;
	assert_int_equal(total, 204);
	assert_string_equal(t.v[UNSEEN_MAX - 1].host, "");
	assert_string_equal(t.v[UNSEEN_MAX - 2].host, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_hellos),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/arena.h"
#include "base/glob.h"
#include "call/authority.h"
#include "call/filter.h"
#include "call/ids.h"
#include "call/processes.h"
#include "enrich/service.h"
#include "base/limits.h"

static void globs(void **state)
{
	char stars[200], text[2000];

	assert_true(glob__match("claude-*", "claude-sonnet-4-5"));
	assert_true(glob__match("GPT-?o*", "gpt-4o"));
	assert_true(glob__match("*", ""));
	assert_false(glob__match("?", ""));
	assert_false(glob__match("gpt", "gpt-4"));
	assert_true(glob__match("*mini*", "o4-mini-x"));
	assert_true(glob__match("a*b*c", "axxbyyc"));
	assert_false(glob__match("a*b*c", "axxbyy"));
	assert_true(glob__match("[x]", "[x]"));
	/* what makes backtracking matchers explode */
	memset(stars, 0, sizeof(stars));
	for (size_t i = 0; i + 2 < sizeof(stars); i += 2)
		memcpy(stars + i, "a*", 2);
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	text[sizeof(text) - 2] = 'b';
	strcat(stars, "c");
	assert_false(glob__match(stars, text));
}

static void processes_are_filtered(void **state)
{
	const struct process p = {.pid = 1,
				  .uid = 1000,
				  .comm = "python3",
				  .exe = "",
				  .cmdline = "",
				  .cgroup = "/system.slice/rag.service"};
	struct filter f = {0};

	assert_true(filter__process(&f, &p));
	assert_true(filter__process(&f, NULL));
	f.comms[f.n_comms++] = "node";
	assert_false(filter__process(&f, &p));
	f.comms[f.n_comms++] = "python3";
	assert_true(filter__process(&f, &p));
	assert_false(filter__process(&f, NULL));
	f.uids[f.n_uids++] = 0;
	assert_false(filter__process(&f, &p));
	f.uids[f.n_uids++] = 1000;
	assert_true(filter__process(&f, &p));
	f.n_cgroups = 1;
	f.cgroups[0] = "/system.slice";
	assert_true(filter__process(&f, &p));
	f.cgroups[0] = "/sys/fs/cgroup/system.slice/rag.service/";
	assert_true(filter__process(&f, &p));
	f.cgroups[0] = "/system";
	assert_false(filter__process(&f, &p));
	f.cgroups[0] = "/";
	assert_true(filter__process(&f, &p));
}

static void pods_are_filtered(void **state)
{
	static const struct {
		const char *glob;
		bool wanted;
	} globs[] = {
		{"rag-*", true}, {"prod/rag-0", true},	{"prod/*", true}, {"*/rag-?", true},
		{"rag", false},	 {"test/rag-0", false}, {"prod", false},  {"*/*/*", false},
	};
	struct process p = {.pid = 1, .pod_namespace = "prod", .pod_name = "rag-0"};
	struct filter f = {.n_pods = 1};
	size_t i;

	for (i = 0; i < sizeof(globs) / sizeof(globs[0]); i++) {
		f.pods[0] = globs[i].glob;
		assert_int_equal(filter__process(&f, &p), globs[i].wanted);
	}
	f.pods[0] = "*";
	assert_true(filter__process(&f, &p));
	p.pod_name = "";
	assert_false(filter__process(&f, &p));
	assert_false(filter__process(&f, NULL));
}

static void calls_are_filtered(void **state)
{
	struct call c = {
		.request_model = "gpt-4o", .response_model = "gpt-4o-2024-08-06", .duration_ns = 5};
	struct filter f = {0};

	assert_true(filter__call(&f, &c));
	assert_true(filter__role(&f, ROLE_CLIENT));
	assert_false(filter__role(&f, ROLE_SERVER));
	f.role = FILTER_BOTH;
	assert_true(filter__role(&f, ROLE_SERVER));
	f.role = FILTER_SERVER;
	assert_false(filter__role(&f, ROLE_CLIENT));
	f.models[f.n_models++] = "*-08-06";
	assert_true(filter__call(&f, &c));
	c.response_model = NULL;
	assert_false(filter__call(&f, &c));
	c.request_model = NULL;
	assert_false(filter__call(&f, &c));
	f.n_models = 0;
	f.only_errors = true;
	assert_false(filter__call(&f, &c));
	c.error_type = "429";
	assert_true(filter__call(&f, &c));
	f.slow_ns = 6;
	assert_false(filter__call(&f, &c));
	f.hosts[f.n_hosts++] = "*.openai.com";
	assert_true(filter__host(&f, "api.openai.com"));
	assert_false(filter__host(&f, NULL));
}

static void see(struct processes *t, uint32_t pid, const char *comm)
{
	const struct process p = {.pid = pid,
				  .comm = comm,
				  .exe = "/usr/bin/python3.11",
				  .cmdline = "python3 /srv/rag.py",
				  .cgroup = "",
				  .container_id = "",
				  .unit = "",
				  .env = ""};

	assert_int_equal(processes__see(t, &p), 0);
}

static void facts_live_as_long_as_they_are_held(void **state)
{
	const struct process_facts *old, *one;
	struct limits lim = limits_default;
	struct processes *t;
	uint32_t pid;

	lim.processes = 4;
	assert_int_equal(processes__new(&lim, &t), 0);
	assert_null(processes__get(t, 1));
	see(t, 1, "before");
	old = processes__get(t, 1);
	assert_string_equal(old->who.service, "rag.py");
	see(t, 1, "after"); /* exec */
	one = processes__get(t, 1);
	assert_string_equal(old->p.comm, "before");
	assert_string_equal(one->p.comm, "after");
	processes__put(old);
	processes__exit(t, 1, 100);
	assert_int_equal(processes__count(t), 0);
	processes__put(one);
	one = processes__get(t, 1); /* records may come late */
	assert_non_null(one);
	processes__tick(t, 100 + 6000000000ULL);
	assert_null(processes__get(t, 1));
	assert_string_equal(one->p.comm, "after");
	processes__put(one);
	/* the least recently asked for goes */
	for (pid = 10; pid < 14; pid++)
		see(t, pid, "x");
	processes__put(processes__get(t, 10));
	see(t, 14, "x");
	assert_null(processes__get(t, 11));
	one = processes__get(t, 10);
	assert_non_null(one);
	processes__put(one);
	assert_int_equal(processes__count(t), 4);
	processes__free(t);
	processes__free(NULL);
}

static void services(void **state)
{
	static const struct {
		const char *exe, *cmdline, *comm, *want;
	} cases[] = {
		{"/usr/bin/curl", "curl https://x", "curl", "curl"},
		{"/usr/bin/python3.11", "python3 rag.py", "python3", "rag.py"},
		{"/usr/bin/python3.11", "python3 -u -W ignore /srv/a/app.py --x", "python3",
		 "app.py"},
		{"/usr/bin/python3.11", "python3 -m uvicorn app:main", "python3", "uvicorn"},
		{"/usr/bin/python3.11", "python3 -c import x", "python3", "python3.11"},
		{"/usr/bin/python3.11", "python3", "python3", "python3.11"},
		{"/usr/bin/python3.11", "/usr/bin/python3 /usr/local/bin/gunicorn app", "gunicorn",
		 "gunicorn"},
		{"/usr/bin/node", "node --require ./x.js server.js", "node", "server.js"},
		{"/usr/lib/jvm/bin/java", "java -cp a:b -jar /opt/svc.jar", "java", "svc.jar"},
		{"/usr/bin/bash", "bash -c curl", "bash", "bash"},
		{"", "", "kworker", "kworker"},
		{"", "", "", ""},
		{"/", "", "x", "x"},
	};
	char name[SERVICE_NAME_MAX], tiny[4];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		service__name(cases[i].exe, cases[i].cmdline, cases[i].comm, name, sizeof(name));
		assert_string_equal(name, cases[i].want);
	}
	service__name("/a/b\xC3\xA9\xC3\xA9", "", "", tiny, sizeof(tiny));
	assert_string_equal(tiny, "b\xC3\xA9");
}

static void authorities(void **state)
{
	static const struct {
		const char *in, *host;
		int port;
	} cases[] = {
		{"api.openai.com", "api.openai.com", 443},
		{"API.x:8443", "API.x", 8443},
		{"[::1]:20000", "::1", 20000},
		{"[::1]", "::1", 443},
		{"u:p@h:1", "h", 1},
		{"h:", "h", 443},
		{"h:0", "h", -1},
		{"h:65536", "h", -1},
		{"h:4x", "h", -1},
		{"h:999999999999", "h", -1},
		{"[::1", "", -1},
		{"[::1]x", "::1", -1},
		{"", "", -1},
		{":443", "", -1},
		{"::1", "", -1},
	};
	struct span host;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(authority__split(span_str(cases[i].in), 443, &host),
				 cases[i].port);
		assert_true(span_eq(host, span_str(cases[i].host)));
	}
}

static void traceparents(void **state)
{
	static const char good[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
	static const char *const bad[] = {
		"",
		"00",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
		"00-00000000000000000000000000000000-00f067aa0ba902b7-01",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
		"ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
		"00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
		"00-4bf92f3577b34da6a3ce929d0e0e473z-00f067aa0ba902b7-01",
	};
	uint8_t trace[16] = {0}, parent[8] = {0};
	struct call a = {.who.pid = 1, .time_ns = 5}, b = a, c = a;
	bool sampled;
	size_t i;

	assert_true(ids__parse_traceparent(span_str(good), trace, parent, &sampled));
	assert_int_equal(trace[0], 0x4b);
	assert_int_equal(parent[7], 0xb7);
	assert_true(sampled);
	assert_true(ids__parse_traceparent(
		SPAN_LIT("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00-later"), trace,
		parent, &sampled));
	assert_false(sampled);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(ids__parse_traceparent(span_str(bad[i]), trace, parent, &sampled));
	ids__derive(&a, SPAN_NONE, 1, 2, 3, 0);
	ids__derive(&b, SPAN_NONE, 1, 2, 3, 0);
	ids__derive(&c, SPAN_NONE, 1, 2, 3, 1);
	assert_memory_equal(a.trace_id, b.trace_id, 16);
	assert_memory_equal(a.span_id, b.span_id, 8);
	assert_memory_not_equal(a.span_id, c.span_id, 8);
	assert_memory_not_equal(a.trace_id, c.trace_id, 16);
	ids__derive(&a, span_str(good), 1, 2, 3, 0);
	assert_int_equal(a.trace_id[0], 0x4b);
	assert_int_equal(a.parent_span_id[7], 0xb7);
	assert_int_equal(a.sampled, SAMPLED_YES);
	ids__derive(&a, SPAN_LIT("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-02"), 1, 2,
		    3, 0);
	assert_int_equal(a.sampled, SAMPLED_NO);
}

static void arenas_are_bounded(void **state)
{
	struct arena_budget budget = {.max_bytes = 10000};
	struct arena a, b;
	unsigned int i;

	arena__init(&a, 6000, &budget);
	arena__init(&b, 6000, &budget);
	assert_null(arena__alloc(&a, SIZE_MAX));
	assert_null(arena__alloc(&a, 7000));
	assert_string_equal(arena__string(&a, SPAN_LIT("a\0b")), "a\xEF\xBF\xBD"
								 "b");
	for (i = 0; i < 100 && arena__alloc(&a, 100); i++)
		;
	assert_in_range(i, 40, 60);
	for (i = 0; i < 100 && arena__alloc(&b, 100); i++)
		;
	assert_in_range(i, 20, 45);
	assert_true(budget.used_bytes <= 10000);
	arena__free(&a);
	arena__free(&b);
	assert_int_equal(budget.used_bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(globs),
		cmocka_unit_test(processes_are_filtered),
		cmocka_unit_test(pods_are_filtered),
		cmocka_unit_test(calls_are_filtered),
		cmocka_unit_test(facts_live_as_long_as_they_are_held),
		cmocka_unit_test(services),
		cmocka_unit_test(authorities),
		cmocka_unit_test(traceparents),
		cmocka_unit_test(arenas_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

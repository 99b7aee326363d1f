// SPDX-License-Identifier: Apache-2.0
/* How doctor judges, and how that is written. */
#include <errno.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "doctor/report.h"
#include "sink/human.h"

static const struct sign java = {"jsse", "JSSE (Java)", "bytecode", "a proxy", false};
static const struct sign later = {"dotnet", ".NET", "loads it later", "nothing", true};

static struct located whole = {.stack = TLS_OPENSSL, .locator = "symbols", .n = 2};
static struct located half = {
	.stack = TLS_RUSTLS, .locator = "locations", .version = "0.23", .n = 2};
static struct located none = {
	.stack = TLS_BORINGSSL, .locator = "strings", .why_not = "two candidates"};

static void make_located(void)
{
	whole.site[0] =
		(struct probe_site){.name = "SSL_read", .vaddr = 0x1000, .reason = "symbol"};
	whole.site[1] =
		(struct probe_site){.name = "SSL_write", .vaddr = 0x2000, .reason = "symbol"};
	half.site[0] = (struct probe_site){.name = "read", .vaddr = 0x10, .reason = "start"};
	half.site[1] = (struct probe_site){.name = "write", .vaddr = 0x20, .left_out = "unsafe"};
}

static struct report_process *begin(struct report *r, uint32_t pid, const char *comm)
{
	struct process facts = {.pid = pid,
				.uid = 1000,
				.comm = comm,
				.exe = "/bin/x",
				.cmdline = "",
				.cgroup = "",
				.container_id = "",
				.unit = "",
				.env = ""};
	struct report_process *p = report__begin(r, &facts);

	assert_non_null(p);
	return p;
}

static void file(struct report *r, struct report_process *p, const struct located *l,
		 const struct sign *sign, int err, const struct hits *hits)
{
	struct target t = {.pid = p->pid,
			   .path = sign ? "/lib/libjvm.so" : "/bin/x",
			   .probed = l && l->n && !err,
			   .err = err,
			   .stacks = l,
			   .n_stacks = l != NULL,
			   .sign = sign};

	report__file(r, p, &t, hits);
}

static void test_verdicts(void **state)
{
	struct report_process *p;
	struct hits *hits;
	struct report r;

	make_located();
	report__init(&r);
	r.host.can_trace = true;
	assert_int_equal(hits__new(&hits), 0);
	hits__add(hits, 1, TLS_OPENSSL, 3, 100, 0);
	hits__add(hits, 1, TLS_OPENSSL, 2, 50, 0);
	hits__add(hits, 1, TLS_UNKNOWN, 0, 0, 1);

	p = begin(&r, 1, "seen");
	file(&r, p, &whole, NULL, 0, hits);
	report__end(&r, p, false, false);
	assert_int_equal(p->verdict, VERDICT_SEEN);
	assert_int_equal(p->stacks[0].calls, 5);
	assert_int_equal(p->stacks[0].bytes, 150);
	assert_int_equal(p->llm_calls, 1);
	assert_true(p->stacks[0].in_executable);
	assert_int_equal(report__status(&r), 0);

	p = begin(&r, 2, "waits");
	file(&r, p, &whole, NULL, 0, hits);
	report__end(&r, p, false, false);
	assert_int_equal(p->verdict, VERDICT_WHEN_CALLS);
	assert_null(p->stacks[0].why);
	assert_int_equal(report__status(&r), 0);

	p = begin(&r, 3, "java");
	file(&r, p, NULL, &java, 0, hits);
	file(&r, p, NULL, &java, 0, hits); /* said once */
	report__end(&r, p, false, false);
	assert_int_equal(p->verdict, VERDICT_NOT_SEEN);
	assert_int_equal(p->n_stacks, 1);
	assert_int_equal(report__status(&r), 1);

	p = begin(&r, 4, "both");
	file(&r, p, &whole, &java, 0, NULL);
	report__end(&r, p, false, false);
	assert_int_equal(p->verdict, VERDICT_PARTLY);
	assert_false(p->stacks[0].counted);

	p = begin(&r, 5, "unlocated");
	file(&r, p, &none, NULL, 0, hits);
	report__end(&r, p, false, false);
	assert_int_equal(p->verdict, VERDICT_NOT_SEEN);
	assert_string_equal(p->stacks[0].why, "two candidates");

	p = begin(&r, 6, "left out");
	file(&r, p, &half, NULL, 0, hits);
	report__end(&r, p, false, false);
	assert_int_equal(p->verdict, VERDICT_PARTLY);
	assert_string_equal(p->stacks[0].why, "unsafe");

	p = begin(&r, 7, "refused");
	file(&r, p, &whole, NULL, -1, hits);
	report__end(&r, p, false, false);
	assert_int_equal(p->verdict, VERDICT_NOT_SEEN);
	assert_non_null(strstr(p->stacks[0].why, "refused"));

	p = begin(&r, 8, "dotnet");
	file(&r, p, NULL, &later, 0, hits);
	report__end(&r, p, false, false);
	assert_int_equal(p->verdict, VERDICT_WHEN_CALLS);

	p = begin(&r, 16, "dotnet that has loaded it");
	file(&r, p, NULL, &later, 0, hits);
	file(&r, p, &whole, NULL, 0, hits);
	report__end(&r, p, false, false);
	assert_int_equal(p->verdict, VERDICT_WHEN_CALLS);
	assert_int_equal(p->n_stacks, 1);
	assert_string_equal(p->stacks[0].name, "openssl");

	p = begin(&r, 9, "odd");
	p->tls_connections = 2;
	report__end(&r, p, false, false);
	assert_int_equal(p->verdict, VERDICT_NOT_SEEN);

	p = begin(&r, 10, "plain");
	report__plain(&r, p, hits);
	report__end(&r, p, false, false); /* nothing to say */
	r.host.features.sock_length = true;
	hits__add(hits, 14, TLS_NONE, 2, 9, 0);
	p = begin(&r, 14, "speaks HTTP");
	report__plain(&r, p, hits);
	report__end(&r, p, false, false);
	assert_int_equal(p->verdict, VERDICT_SEEN);
	assert_int_equal(p->stacks[0].calls, 2);
	r.host.features.sock_length = false;
	p = begin(&r, 15, "would speak HTTP");
	p->model_connections = 1;
	report__plain(&r, p, NULL);
	report__end(&r, p, false, false);
	assert_int_equal(p->verdict, VERDICT_NOT_SEEN);
	p = begin(&r, 11, "denied");
	report__end(&r, p, false, true);
	p = begin(&r, 13, "denied, asked for");
	report__end(&r, p, true, true);
	assert_int_equal(p->verdict, VERDICT_NOT_SEEN);
	p = begin(&r, 12, "asked for");
	report__end(&r, p, true, false);
	assert_int_equal(p->verdict, VERDICT_WHEN_CALLS);

	assert_int_equal(r.n_processes, 14);
	assert_int_equal(r.n_looked, 16);
	assert_int_equal(r.n_hidden, 2);
	assert_int_equal(r.hidden[0], 11);
	assert_int_equal(r.of[VERDICT_SEEN], 2);
	assert_int_equal(r.of[VERDICT_WHEN_CALLS], 4);
	assert_int_equal(r.of[VERDICT_PARTLY], 2);
	assert_int_equal(r.of[VERDICT_NOT_SEEN], 6);
	for (p = r.processes; p->next; p = p->next)
		assert_true(p->pid < p->next->pid);
	hits__free(hits);
	report__free(&r);

	/* Only others that cannot be looked into: that is not "all is seen". */
	report__init(&r);
	r.host.can_trace = true;
	p = begin(&r, 1, "x");
	report__end(&r, p, false, true);
	assert_int_equal(report__status(&r), 1);
	report__free(&r);
	/* Where nothing can be traced, nothing is seen. */
	report__init(&r);
	p = begin(&r, 1, "x");
	file(&r, p, &whole, NULL, 0, NULL);
	report__end(&r, p, false, false);
	assert_int_equal(p->verdict, VERDICT_NOT_SEEN);
	assert_int_equal(report__status(&r), 3);
	report__free(&r);
}

/* --- output --- */

static void fill(struct report *r)
{
	struct report_process *p;

	make_located();
	report__init(r);
	r->version = "1.2";
	r->time_ns = 1000000001;
	r->watched_ns = 2000000000;
	r->host = (struct host){.release = "6.1",
				.machine = "x86_64",
				.features_known = true,
				.features = {.btf = true, .return_probes_kill = true},
				.method = "perf event",
				.can_trace = true,
				.n_checks = 1};
	r->host.checks[0] = (struct host_check){"seccomp", "2", false, "a filter", "allow it"};
	p = begin(r, 3, "ja\033[31mva\n");
	file(r, p, NULL, &java, 0, NULL);
	p->tls_connections = 2;
	report__end(r, p, false, false);
	p = begin(r, 4, "\xff\xfe");
	file(r, p, &half, NULL, 0, NULL);
	report__end(r, p, false, false);
	p = begin(r, 5, "same");
	file(r, p, &half, NULL, 0, NULL);
	report__end(r, p, false, false);
}

/* No line is wider than the terminal, whatever its width. */
static void check_width(const struct buf *out, unsigned int columns)
{
	const char *p = (const char *)out->p, *end = p + out->n;

	while (p < end) {
		const char *nl = memchr(p, '\n', end - p);

		assert_non_null(nl);
		if ((size_t)(nl - p) > columns)
			fail_msg("%u columns: [%.*s]", columns, (int)(nl - p), p);
		p = nl + 1;
	}
}

static bool has(const struct buf *out, const char *text)
{
	return memmem(out->p, out->n, text, strlen(text)) != NULL;
}

static unsigned int count(const struct buf *out, const char *text)
{
	struct span s = buf__span(out);
	const uint8_t *p;
	unsigned int n = 0;

	for (; (p = memmem(s.p, s.n, text, strlen(text))); n++)
		s = span_skip(s, p + 1 - s.p);
	return n;
}

/* Pids of those that nobody may look into; rows of their own for those that were asked for. */
static void test_hidden(void **state)
{
	struct report r;
	struct buf out;

	buf__init(&out, 1 << 20);
	fill(&r);
	for (uint32_t pid = 11; pid < 21; pid++)
		report__end(&r, begin(&r, pid, "x"), false, true);
	assert_int_equal(report__text(&out, &r, 0, false, false), 0);
	assert_true(has(&out, "  10 processes cannot be looked into, permission denied: 11 12 13 "
			      "14 15 16 17 18 ... (llmsnoop doctor -p PID says why)\n"));
	report__free(&r);
	buf__clear(&out);
	fill(&r);
	report__end(&r, begin(&r, 11, "x"), true, true);
	r.host.effective = 1 << CAP_SYS_PTRACE;
	report__end(&r, begin(&r, 12, "x"), true, true);
	assert_int_equal(report__text(&out, &r, 0, false, false), 0);
	assert_int_equal(count(&out, "why: it cannot be looked into: permission denied"), 2);
	assert_int_equal(count(&out, "remedy: run as root, or grant CAP_SYS_PTRACE"), 1);
	assert_int_equal(count(&out, "guards it even from root"), 1);
	assert_false(has(&out, "processes cannot be looked into"));
	report__free(&r);
	buf__free(&out);
}

static void test_text(void **state)
{
	struct report r;
	struct buf out;

	fill(&r);
	buf__init(&out, 1 << 20);
	assert_int_equal(report__text(&out, &r, 0, false, true), 0);
	assert_true(has(&out, "Tracing works here: perf event."));
	assert_true(has(&out, "JSSE (Java)        not seen"));
	assert_true(has(&out, "why: bytecode\n"));
	assert_true(has(&out, "remedy: a proxy\n"));
	assert_true(has(&out, "connections: 2 to port 443 now\n"));
	assert_true(has(&out, "rustls 0.23        partly seen"));
	assert_true(has(&out, "no probe: unsafe"));
	assert_true(has(&out, "2: a filter. Remedy: allow it"));
	assert_true(has(&out, "0 seen, 0 seen as soon as they call, 2 partly, 1 not seen."));
	assert_false(has(&out, "\033"));
	assert_true(has(&out, "ja?[31mva?"));
	/* A file is described once, however many map it. */
	assert_int_equal(count(&out, "found by"), 1);
	buf__clear(&out);
	assert_int_equal(report__text(&out, &r, 80, true, false), 0);
	assert_true(has(&out, "\033[31mnot seen"));
	assert_false(has(&out, "PROBES"));
	for (unsigned int columns = 72; columns < 200; columns += 7) {
		buf__clear(&out);
		assert_int_equal(report__text(&out, &r, columns, false, true), 0);
		check_width(&out, columns);
	}
	buf__free(&out);
	buf__init(&out, 100);
	assert_int_equal(report__text(&out, &r, 80, false, false), -E2BIG);
	buf__free(&out);
	r.host.can_trace = false;
	strcpy(r.host.why_not, "BTF is missing");
	strcpy(r.host.remedy, "another kernel");
	r.host.features_known = false;
	buf__init(&out, 1 << 20);
	assert_int_equal(report__text(&out, &r, 0, false, false), 0);
	assert_true(
		has(&out, "Nothing can be traced here: BTF is missing. Remedy: another kernel."));
	assert_true(has(&out, "cannot be tried"));
	buf__free(&out);
	report__free(&r);
}

static const cJSON *at(const cJSON *o, const char *key)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, key);

	if (!v)
		fail_msg("no %s", key);
	return v;
}

static void test_json(void **state)
{
	const cJSON *p, *s;
	struct report r;
	struct buf out;
	cJSON *doc;

	fill(&r);
	buf__init(&out, 1 << 20);
	assert_int_equal(report__json(&out, &r), 0);
	assert_int_equal(out.p[out.n - 1], '\n');
	for (size_t i = 0; i < out.n - 1; i++)
		assert_true(out.p[i] >= ' ');
	doc = cJSON_ParseWithLength((const char *)out.p, out.n);
	assert_non_null(doc);
	assert_string_equal(at(doc, "type")->valuestring, "doctor");
	assert_true(at(doc, "watched_s")->valuedouble == 2.0);
	assert_int_equal(cJSON_GetArraySize(at(doc, "processes")), 3);
	p = cJSON_GetArrayItem(at(doc, "processes"), 0);
	assert_string_equal(at(p, "comm")->valuestring, "ja\033[31mva\n");
	assert_string_equal(at(p, "verdict")->valuestring, "not seen");
	assert_int_equal(at(p, "tls_connections")->valueint, 2);
	s = cJSON_GetArrayItem(at(p, "stacks"), 0);
	assert_string_equal(at(s, "name")->valuestring, "jsse");
	assert_null(cJSON_GetObjectItem(s, "functions"));
	assert_null(cJSON_GetObjectItem(s, "calls"));
	p = cJSON_GetArrayItem(at(doc, "processes"), 1);
	s = cJSON_GetArrayItem(at(p, "stacks"), 0);
	assert_string_equal(at(s, "linkage")->valuestring, "static");
	s = cJSON_GetArrayItem(at(s, "functions"), 1);
	assert_true(cJSON_IsFalse(at(s, "probed")));
	assert_int_equal(at(s, "address")->valueint, 0x20);
	assert_int_equal(at(at(doc, "totals"), "partly_seen")->valueint, 2);
	s = cJSON_GetArrayItem(at(at(doc, "kernel"), "features"), 0);
	assert_true(cJSON_IsTrue(at(s, "present")));
	cJSON_Delete(doc);
	/* What could not be tried is not told. */
	buf__clear(&out);
	r.host.features_known = false;
	assert_int_equal(report__json(&out, &r), 0);
	doc = cJSON_ParseWithLength((const char *)out.p, out.n);
	s = cJSON_GetArrayItem(at(at(doc, "kernel"), "features"), 1);
	assert_null(cJSON_GetObjectItem(s, "present"));
	cJSON_Delete(doc);
	buf__free(&out);
	buf__init(&out, 300);
	assert_int_equal(report__json(&out, &r), -E2BIG);
	assert_int_equal(out.n, 0);
	buf__free(&out);
	report__free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

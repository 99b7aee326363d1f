// SPDX-License-Identifier: Apache-2.0
/* What doctor reads of the host, from trees made here; how it judges; how it is written. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "capture/capabilities.h"
#include "doctor/peers.h"
#include "doctor/report.h"
#include "sink/human.h"

static char root[] = "/tmp/test_doctor.XXXXXX";

static void make_dirs(char *path)
{
	char *slash;

	for (slash = path + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
}

static void put(const char *name, const char *text)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	make_dirs(path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void put_link(const char *name, const char *to)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	make_dirs(path);
	unlink(path);
	assert_int_equal(symlink(to, path), 0);
}

/* --- the host --- */

static const struct host_check *check_of(const struct host *h, const char *name)
{
	for (unsigned int i = 0; i < h->n_checks; i++)
		if (!strcmp(h->checks[i].name, name))
			return &h->checks[i];
	fail_msg("no check %s", name);
	return NULL;
}

static void put_host(const char *caps, const char *seccomp, const char *mounts)
{
	char text[256];

	snprintf(text, sizeof(text), "Name:\tx\nCapEff:\t%s\nSeccomp:\t%s\n", caps, seccomp);
	put("self/status", text);
	put("self/mountinfo", mounts);
}

static void test_host(void **state)
{
	static const char *const plain[] = {
		"pid namespace", "user namespace",	"lockdown", "seccomp",
		"hidepid",	 "perf_event_paranoid", "memlock",  "cgroup v2"};
	char sys[64];
	struct host h = {0};

	snprintf(sys, sizeof(sys), "%s/sys", root);
	put_host("000001ffffffffff", "0",
		 "22 1 0:20 / /proc rw,nosuid - proc proc rw\n"
		 "30 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
	put("self/limits",
	    "Limit  Soft  Hard  Units\nMax locked memory         8388608   x bytes\n");
	put_link("self/ns/pid", "pid:[4026531836]");
	put_link("self/ns/user", "user:[4026531837]");
	put("sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
	put("sys/kernel/yama/ptrace_scope", "1\n");
	put("sys/kernel/perf_event_paranoid", "3\n");
	host__read(root, sys, &h);
	assert_true(h.effective == 0x1ffffffffff);
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		assert_true(check_of(&h, plain[i])->fine);
		assert_null(check_of(&h, plain[i])->remedy);
	}
	assert_string_equal(check_of(&h, "yama.ptrace_scope")->value, "1");
	assert_string_equal(check_of(&h, "memlock")->value, "8388608");
	assert_string_equal(check_of(&h, "lockdown")->value, "none [integrity] confidentiality");
	/* Everything that can be wrong. */
	put_host("0000000000000000", "2",
		 "22 1 0:20 / /proc rw,nosuid - proc proc rw,gid=5,hidepid=invisible,x=y\n"
		 "30 1 0:26 / /sys/fs/cgroup rw - cgroup cgroup rw\n");
	put_link("self/ns/pid", "pid:[4026532000]");
	put_link("self/ns/user", "user:[4026532001]");
	put("sys/kernel/security/lockdown", "none integrity [confidentiality]\n");
	host__read(root, sys, &h);
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		assert_false(check_of(&h, plain[i])->fine);
		assert_non_null(check_of(&h, plain[i])->remedy);
	}
	assert_string_equal(check_of(&h, "hidepid")->value, "hidepid=invisible");
	/* Nothing can be read. */
	host__read("/nonexistent", "/nonexistent", &h);
	assert_true(h.effective == 0);
	assert_string_equal(check_of(&h, "yama.ptrace_scope")->value, "");
	/* hidepid does not hide from those who may look anyway */
	put_host("0000000000080000", "2", "22 1 0:20 / /proc rw - proc proc rw,hidepid=2\n");
	host__read(root, sys, &h);
	assert_true(check_of(&h, "hidepid")->fine);
	assert_string_equal(check_of(&h, "hidepid")->value, "hidepid=2");
}

/* Every feature is told of. */
static void test_features(void **state)
{
	bool told[sizeof(struct features)] = {false};

	for (unsigned int i = 0; i < feature_n; i++) {
		assert_false(told[feature_table[i].at]);
		told[feature_table[i].at] = true;
	}
	assert_int_equal(feature_n, sizeof(struct features) / sizeof(bool));
}

static void test_capabilities(void **state)
{
	assert_true(capabilities__allow(1ULL << 39, CAPABILITY_BPF));
	assert_false(capabilities__allow(1ULL << 39, CAPABILITY_PERFMON));
	assert_true(capabilities__allow(1ULL << 21, CAPABILITY_BPF)); /* CAP_SYS_ADMIN */
	assert_false(capabilities__allow(1ULL << 21, 19));	      /* CAP_SYS_PTRACE */
}

/* --- connections --- */

#define HEAD "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt uid\n"
#define TAIL " 00000000:00000000 00:00000000 00000000  1000        0 "

static void test_peers(void **state)
{
	unsigned int tls, models;
	struct peers *p;

	put("7/net/tcp", HEAD "   0: 0100007F:8AE0 0100007F:2CAA 01" TAIL "101 1 x\n" /* Ollama */
			      "   1: 0200000A:8AE1 01020304:01BB 01" TAIL "102 1 x\n" /* https */
			      "   2: 0200000A:8AE2 01020304:01BB 06" TAIL "0 1 x\n"   /* over */
			      "   3: 0100007F:01BB 00000000:0000 0A" TAIL "103 1 x\n" /* listens */
			      "   4: 0200000A:8AE3 01020304:1F90 01" TAIL "104 1 x\n" /* far 8080 */
			      "garbage\n");
	put("7/net/tcp6", HEAD "   0: 00000000000000000000000001000000:8AE0 "
			       "00000000000000000000000001000000:1F40 01" TAIL "105 1 x\n"
			       "   1: 00000000000000000000000001000000:8AE0 "
			       "B80D01200000000000000000AA000000:01BB 02" TAIL "106 1 x\n"
			       "   2: 0000000000000000FFFF00000100007F:8AE0 "
			       "0000000000000000FFFF00000100007F:04D2 01" TAIL "107 1 x\n");
	put_link("7/ns/net", "net:[5]");
	put_link("8/ns/net", "net:[5]"); /* its tables are 7's */
	put_link("9/ns/net", "net:[6]"); /* its own, which are not there */
	for (int i = 101; i < 108; i++) {
		char name[32], to[32];

		snprintf(name, sizeof(name), "%d/fd/%d", i < 105 ? 7 : 8, i);
		snprintf(to, sizeof(to), "socket:[%d]", i);
		put_link(name, to);
	}
	put_link("8/fd/0", "/dev/null");
	put_link("9/fd/1", "socket:[900]");
	assert_int_equal(peers__new(root, &p), 0);
	peers__count(p, 7, &tls, &models);
	assert_int_equal(tls, 1);
	assert_int_equal(models, 1);
	peers__count(p, 8, &tls, &models);
	assert_int_equal(tls, 1);
	assert_int_equal(models, 2);
	peers__count(p, 9, &tls, &models);
	assert_int_equal(tls + models, 0);
	peers__count(p, 10, &tls, &models);
	assert_int_equal(tls + models, 0);
	peers__free(p);
}

/* --- verdicts --- */

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

static int make_root(void **state)
{
	return mkdtemp(root) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static int remove_root(void **state)
{
	return nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_host),	 cmocka_unit_test(test_capabilities),
		cmocka_unit_test(test_features), cmocka_unit_test(test_peers),
		cmocka_unit_test(test_verdicts), cmocka_unit_test(test_text),
		cmocka_unit_test(test_hidden),	 cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}

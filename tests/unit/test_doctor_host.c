// SPDX-License-Identifier: Apache-2.0
/* What doctor reads of the host, from trees made here. */
#include <errno.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture/capabilities.h"
#include "doctor/host.h"
#include "doctor/peers.h"
#include "root_rig.h"

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
	put_text("self/status", text);
	put_text("self/mountinfo", mounts);
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
	put_text("self/limits",
		 "Limit  Soft  Hard  Units\nMax locked memory         8388608   x bytes\n");
	put_link("self/ns/pid", "pid:[4026531836]");
	put_link("self/ns/user", "user:[4026531837]");
	put_text("sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
	put_text("sys/kernel/yama/ptrace_scope", "1\n");
	put_text("sys/kernel/perf_event_paranoid", "3\n");
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
	put_text("sys/kernel/security/lockdown", "none integrity [confidentiality]\n");
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

	put_text("7/net/tcp",
		 HEAD "   0: 0100007F:8AE0 0100007F:2CAA 01" TAIL "101 1 x\n" /* Ollama */
		      "   1: 0200000A:8AE1 01020304:01BB 01" TAIL "102 1 x\n" /* https */
		      "   2: 0200000A:8AE2 01020304:01BB 06" TAIL "0 1 x\n"   /* over */
		      "   3: 0100007F:01BB 00000000:0000 0A" TAIL "103 1 x\n" /* listens */
		      "   4: 0200000A:8AE3 01020304:1F90 01" TAIL "104 1 x\n" /* far 8080 */
		      "garbage\n");
	put_text("7/net/tcp6", HEAD "   0: 00000000000000000000000001000000:8AE0 "
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_capabilities),
		cmocka_unit_test(test_features),
		cmocka_unit_test(test_peers),
	};

	return cmocka_run_group_tests(tests, root__make, root__remove);
}

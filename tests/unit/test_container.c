// SPDX-License-Identifier: Apache-2.0
/* Names of containers, pods and users by files of the host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture/users.h"
#include "capture/whereabouts.h"
#include "root_rig.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID2 "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define UID "3f2a1b0c-9d8e-4f7a-8b6c-5d4e3f2a1b0c"
#define POD_CGROUP "/kubepods/burstable/pod" UID "/" ID

static const struct container_facts *ask(struct whereabouts *w, const char *cgroup)
{
	struct cgroup_facts ids;

	cgroup__facts(span_str(cgroup), &ids);
	return whereabouts__container(w, &ids);
}

static void expect(const struct container_facts *f, const char *ns, const char *pod,
		   const char *container, const char *labels)
{
	assert_string_equal(f->text[CONTAINER_POD_NAMESPACE], ns);
	assert_string_equal(f->text[CONTAINER_POD_NAME], pod);
	assert_string_equal(f->text[CONTAINER_POD_CONTAINER], container);
	assert_int_equal(f->labels.n, strlen(labels));
	if (f->labels.n)
		assert_memory_equal(f->labels.p, labels, f->labels.n);
}

static const struct {
	const char *name; /* before "-ID.log" unless it has one */
	bool good;
} log_names[] = {
	{"rag-7d4b9c5f6d-x2k8p_prod_app-" ID ".log", true},
	{"a.b.c_kube-system_c-1-" ID ".log", true},
	{"rag_prod_app-" ID2 ".log", false},
	{"rag_prod_app-" ID, false},
	{"rag_prod-" ID ".log", false},
	{"rag_prod_-" ID ".log", false},
	{"_prod_app-" ID ".log", false},
	{"rag__app-" ID ".log", false},
	{"Rag_prod_app-" ID ".log", false},
	{"rag_pr.od_app-" ID ".log", false},
	{"rag_prod_a_b-" ID ".log", false},
	{"rag_prod_app" ID ".log", false},
	{"../etc_prod_app-" ID ".log", false},
	{"rag\n_prod_app-" ID ".log", false},
	{ID ".log", false},
	{"-" ID ".log", false},
	{".log", false},
};

static void test_log_names(void **state)
{
	struct container_facts f;
	size_t i;

	for (i = 0; i < sizeof(log_names) / sizeof(log_names[0]); i++) {
		memset(&f, 0, sizeof(f));
		if (kubelet__log_name(span_str(log_names[i].name), SPAN_LIT(ID), &f) !=
		    log_names[i].good)
			fail_msg("%s", log_names[i].name);
		assert_int_equal(*f.text[CONTAINER_POD_NAME] != 0, log_names[i].good);
	}
	assert_false(kubelet__log_name(SPAN_LIT("a_b_c-.log"), SPAN_NONE, &f));
}

static const struct {
	const char *text, *labels;
} label_files[] = {
	{"app=\"rag\"\ntier=\"back\"", "L.app=rag\nL.tier=back\n"},
	{"a/b.c=\"say \\\"hi\\\" \\\\o/\"\n", "L.a/b.c=say \"hi\" \\o/\n"},
	{"e=\"\"\n", "L.e=\n"},
	{"", ""},
	{"app=rag\n", ""},
	{"app=\"rag", ""},
	{"app=\"rag\\", ""},
	{"=\"rag\"", ""},
	{"a=\"1\\n2\"\nb=\"x\"\n", "L.b=x\n"},
	{"a=\"\\x00\"\nb=\"\\u00e9\"\nc=\"é\"\n", "L.c=é\n"},
	{"a=\"1\nb=\"2\"\n", ""},
	{"a=\"1\"x\nb=\"2\"\n", "L.a=1\n"},
	{"a\nb=\"1\"\nc=\"2\"", "L.c=2\n"},
	{"a=\"\xff\"\nb=\"2\"\n", "L.b=2\n"},
};

static void test_labels(void **state)
{
	struct container_facts f;
	size_t i;

	for (i = 0; i < sizeof(label_files) / sizeof(label_files[0]); i++) {
		memset(&f, 0, sizeof(f));
		buf__init(&f.labels, CONTAINER_LABELS_MAX);
		kubelet__labels(span_str(label_files[i].text), "L.", &f);
		if (!span_eq(buf__span(&f.labels), span_str(label_files[i].labels)))
			fail_msg("[%s]: [%.*s]", label_files[i].text, (int)f.labels.n, f.labels.p);
		container__free(&f);
	}
}

/* However many and long they are, their room is bounded, and what is kept is whole. */
static void test_many_labels(void **state)
{
	static char text[200000];
	struct container_facts f = {0};
	size_t n = 0;

	while (n < sizeof(text) - 1000) {
		memset(text + n, 'k', 200);
		n += 200;
		n += (size_t)sprintf(text + n, "%zu=\"v\"\n", n);
	}
	buf__init(&f.labels, CONTAINER_LABELS_MAX);
	kubelet__labels(span(text, n), "k8s.pod.label.", &f);
	assert_in_range(f.labels.n, CONTAINER_LABELS_MAX - 300, CONTAINER_LABELS_MAX);
	assert_int_equal(f.labels.p[f.labels.n - 1], '\n');
	container__free(&f);
}

static void test_pods(void **state)
{
	struct whereabouts *w;

	put_text("/var/log/pods/prod_rag-7d4b9c5f6d-x2k8p_" UID "/app/0.log", "");
	assert_int_equal(whereabouts__new(root, &w), 0);
	/* The container's link is not there yet: who the pod is is known already. */
	expect(ask(w, POD_CGROUP), "prod", "rag-7d4b9c5f6d-x2k8p", "", "");
	whereabouts__free(w);
	put_link("/var/log/containers/rag-7d4b9c5f6d-x2k8p_prod_app-" ID ".log", "/nowhere");
	put_link("/var/log/containers/other_prod_app-" ID2 ".log", "/nowhere");
	put_text("/var/lib/kubelet/pods/" UID "/volumes/kubernetes.io~downward-api/info/..1/labels",
		 "app=\"rag\"\npod-template-hash=\"7d4b9c5f6d\"");
	put_text("/var/lib/kubelet/pods/" UID
		 "/volumes/kubernetes.io~downward-api/info/..1/annotations",
		 "team=\"search\"");
	put_link("/var/lib/kubelet/pods/" UID "/volumes/kubernetes.io~downward-api/info/..data",
		 "..1");
	put_link("/var/lib/kubelet/pods/" UID "/volumes/kubernetes.io~downward-api/info/labels",
		 "..data/labels");
	put_link("/var/lib/kubelet/pods/" UID
		 "/volumes/kubernetes.io~downward-api/info/annotations",
		 "..data/annotations");
	assert_int_equal(whereabouts__new(root, &w), 0);
	expect(ask(w, POD_CGROUP), "prod", "rag-7d4b9c5f6d-x2k8p", "app",
	       "k8s.pod.label.app=rag\nk8s.pod.label.pod-template-hash=7d4b9c5f6d\n"
	       "k8s.pod.annotation.team=search\n");
	/* remembered, also while the file is away, and for what runs inside of it */
	unlink(in_root("/var/log/containers/rag-7d4b9c5f6d-x2k8p_prod_app-" ID ".log"));
	assert_string_equal(ask(w, POD_CGROUP)->text[CONTAINER_POD_CONTAINER], "app");
	assert_string_equal(ask(w, POD_CGROUP "/docker/" ID2)->text[CONTAINER_POD_CONTAINER],
			    "app");
	/* of a container that is not in a pod nothing is looked for there */
	expect(ask(w, "/docker/" ID2), "", "", "", "");
	whereabouts__free(w);
}

/* A pod may not show us files from outside its volume, nor make us wait. */
static void test_links(void **state)
{
	static const char *const targets[] = {"/etc/secret", "../../../../../../../../etc/secret",
					      "pipe", "."};
	struct whereabouts *w;
	size_t i;

	put_text("/etc/secret", "password=\"Zq7\"\n");
	put_link("/var/log/containers/rag-7d4b9c5f6d-x2k8p_prod_app-" ID ".log", "/nowhere");
	mkfifo(in_root("/var/lib/kubelet/pods/" UID
		       "/volumes/kubernetes.io~downward-api/info/pipe"),
	       0600);
	unlink(in_root("/var/lib/kubelet/pods/" UID
		       "/volumes/kubernetes.io~downward-api/info/annotations"));
	for (i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		put_link("/var/lib/kubelet/pods/" UID
			 "/volumes/kubernetes.io~downward-api/info/labels",
			 targets[i]);
		assert_int_equal(whereabouts__new(root, &w), 0);
		expect(ask(w, POD_CGROUP), "prod", "rag-7d4b9c5f6d-x2k8p", "app", "");
		whereabouts__free(w);
	}
}

static void test_runtimes(void **state)
{
	const struct container_facts *f;
	struct whereabouts *w;

	unlink(in_root("/var/log/containers/other_prod_app-" ID2 ".log"));
	put_text("/var/lib/docker/containers/" ID "/config.v2.json",
		 "{\"Name\":\"/web\",\"Config\":{\"Image\":\"nginx:1\",\"Labels\":{\"a\":\"b\","
		 "\"bad\\n\":\"x\",\"n\":5,\"k=v\":\"w\"}},\"Path\":[[[[]]]]}");
	put_text("/run/containerd/io.containerd.runtime.v2.task/k8s.io/" ID2 "/config.json",
		 "{\"annotations\":{\"io.kubernetes.cri.container-name\":\"app\","
		 "\"io.kubernetes.cri.sandbox-name\":\"p-0\",\"io.kubernetes.cri.sandbox-"
		 "namespace\":"
		 "\"n\",\"io.kubernetes.cri.image-name\":\"r/i:2\"}}");
	put_text("/var/lib/containers/storage/overlay-containers/containers.json",
		 "[{\"id\":\"x\"},{\"id\":\"" ID "\",\"names\":[\"late\"]},{\"id\":\"" ID2
		 "\",\"names\":[\"k8s_p\"],\"metadata\":\"{\\\"image-name\\\":\\\"i\\\"}\"}]");
	assert_int_equal(whereabouts__new(root, &w), 0);
	f = ask(w, "/docker/" ID);
	assert_string_equal(f->text[CONTAINER_NAME], "web");
	assert_string_equal(f->text[CONTAINER_IMAGE], "nginx:1");
	expect(f, "", "", "", "container.label.a=b\ncontainer.label.n=\n");
	f = ask(w, "/kubepods/pod11111111-2222-4333-8444-555555555555/" ID2);
	expect(f, "n", "p-0", "app", "");
	assert_string_equal(f->text[CONTAINER_NAME], "k8s_p");
	assert_string_equal(f->text[CONTAINER_IMAGE], "r/i:2");
	f = ask(w, "/system.slice/runc-..scope");
	assert_string_equal(f->text[CONTAINER_NAME], "");
	whereabouts__free(w);
}

static void test_broken_files(void **state)
{
	static const char *const texts[] = {
		"",
		"{",
		"[]",
		"null",
		"{\"Name\":5,\"Config\":[]}",
		"{\"Config\":{\"Labels\":[1]}}",
		"{\"Name\":\"/\"}",
		"{\"Name\":\"a\\u0001\"}",
	};
	struct whereabouts *w;
	size_t i;

	put_text("/var/lib/containers/storage/overlay-containers/containers.json",
		 "{\"a\":[1,[2]]}");
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		put_text("/var/lib/docker/containers/" ID "/config.v2.json", texts[i]);
		assert_int_equal(whereabouts__new(root, &w), 0);
		assert_string_equal(ask(w, "/docker/" ID)->text[CONTAINER_NAME], "");
		assert_int_equal(ask(w, "/docker/" ID)->labels.n, 0);
		whereabouts__free(w);
	}
	assert_true(whereabouts__new("/nowhere/at/all", &w) < 0);
}

static void test_users(void **state)
{
	struct whereabouts *w;

	put_text("/etc/passwd",
		 "root:x:0:0::/root:/bin/sh\n\n:x:5::\nbad\nme:x:1000:1000:Me,,,:/:/\n"
		 "x:x:+7:\ny:x:8x:\nz\n:w:x:9:\n");
	assert_int_equal(whereabouts__new(root, &w), 0);
	assert_string_equal(whereabouts__user(w, 0), "root");
	assert_string_equal(whereabouts__user(w, 1000), "me");
	assert_string_equal(whereabouts__user(w, 5), "");
	assert_string_equal(whereabouts__user(w, 7), "");
	assert_string_equal(whereabouts__user(w, 8), "");
	assert_string_equal(whereabouts__user(w, UINT32_MAX), "");
	unlink(in_root("/etc/passwd"));
	put_text("/etc/passwd", "you:x:1000:");
	assert_string_equal(whereabouts__user(w, 1000), "you");
	assert_string_equal(whereabouts__user(w, 0), "");
	whereabouts__free(w);
}

/* Without a root that is named, it is that of process 1, or our own: the user of this test has the
 * name that the system gives it, if it gives it from its file. */
static void test_found_root(void **state)
{
	struct whereabouts *w;

	assert_int_equal(whereabouts__new(NULL, &w), 0);
	if (!access("/etc/passwd", R_OK))
		assert_string_equal(whereabouts__user(w, 0), "root");
	whereabouts__free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log_names),    cmocka_unit_test(test_labels),
		cmocka_unit_test(test_many_labels),  cmocka_unit_test(test_pods),
		cmocka_unit_test(test_links),	     cmocka_unit_test(test_runtimes),
		cmocka_unit_test(test_broken_files), cmocka_unit_test(test_users),
		cmocka_unit_test(test_found_root),
	};

	return cmocka_run_group_tests(tests, root__make, root__remove);
}

// SPDX-License-Identifier: Apache-2.0
/* By what name a process is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "enrich/attribution.h"
#include "enrich/labels.h"

#define STATIC_UID "00112233445566778899aabbccddeeff"
#define LONG_NAME "a123456789-123456789-123456789-123456789-1234"
#define L "k8s.pod.label."

/* What is not given is unknown; what is not wanted is not looked at. */
static const struct {
	const char *what;
	struct who who;
	const char *service, *feature, *workload, *namespace, *instance;
	const char *owners[N_POD_OWNERS];
} cases[] = {
	/* programs */
	{"a script",
	 {.exe = "/usr/bin/python3.12", .cmdline = "python3 /srv/rag.py -v"},
	 "rag.py",
	 "rag.py",
	 ""},
	{"an agent",
	 {.exe = "/usr/bin/node", .cmdline = "node /usr/local/bin/claude"},
	 "claude",
	 "claude",
	 ""},
	{"a comm is better than nothing", {.comm = "x"}, "x", "x", ""},
	{"nothing", {0}, "", "", ""},
	{"a person's",
	 {.user = "me",
	  .exe = "/bin/claude",
	  .cgroup = "/user.slice/user-1000.slice/session-3.scope",
	  .unit = "session-3.scope"},
	 "claude",
	 "me/claude"},
	{"a user of a service is no person",
	 {.user = "me",
	  .exe = "/bin/claude",
	  .cgroup = "/system.slice/cron.service",
	  .unit = "cron.service"},
	 "claude",
	 "claude"},
	{"a person in a container has no name",
	 {.exe = "/bin/claude", .cgroup = "/user.slice/user-1000.slice/x"},
	 "claude",
	 "claude"},

	/* units */
	{"a service",
	 {.exe = "/usr/bin/python3", .cmdline = "python3 a.py", .unit = "rag.service"},
	 "rag",
	 "rag"},
	{"a user's service",
	 {.user = "me",
	  .exe = "/x",
	  .unit = "rag.service",
	  .cgroup = "/user.slice/user-1000.slice/user@1000.service/app.slice/rag.service"},
	 "rag",
	 "me/rag"},
	{"an instance", {.exe = "/x", .unit = "rag@blue.service"}, "rag", "rag"},
	{"a scope is no purpose", {.exe = "/x/run", .unit = "app-a-12.scope"}, "run", "run"},
	{"a cron job is its script",
	 {.exe = "/bin/python3", .cmdline = "python3 a.py", .unit = "cron.service"},
	 "a.py",
	 "a.py"},
	{"nor is a session's manager",
	 {.exe = "/x/run", .unit = "user@1000.service"},
	 "run",
	 "run"},
	{"nor a desktop's launcher",
	 {.exe = "/x/run", .unit = "app-org.kde.k@1.service"},
	 "run",
	 "run"},
	{"nor a name that systemd-run made up",
	 {.exe = "/x/run", .unit = "run-u123.service"},
	 "run",
	 "run"},
	{"nor another",
	 {.exe = "/x/run", .unit = "run-r0123456789abcdef0123456789abcdef.service"},
	 "run",
	 "run"},
	{"but this is one",
	 {.exe = "/x/run", .unit = "run-reports.service"},
	 "run-reports",
	 "run-reports"},
	{"no name", {.exe = "/x/run", .unit = ".service"}, "run", "run"},

	/* containers */
	{"a container",
	 {.exe = "/x/run", .container_id = "0", .container_name = "web"},
	 "web",
	 "web"},
	{"a unit in a container",
	 {.exe = "/x", .container_name = "web", .unit = "rag.service"},
	 "rag",
	 "rag"},
	{"a container without a name", {.exe = "/x/run", .container_id = "0"}, "run", "run"},

	/* variables */
	{"a label of the process",
	 {.exe = "/x", .unit = "u.service", .env = "OTEL_SERVICE_NAME=svc\nLLMSNOOP_FEATURE=fea\n"},
	 "svc",
	 "fea"},
	{"the service alone", {.exe = "/x", .env = "OTEL_SERVICE_NAME= svc \n"}, "svc", "svc"},
	{"an empty one",
	 {.exe = "/x/run", .env = "OTEL_SERVICE_NAME=\nLLMSNOOP_FEATURE= \n"},
	 "run",
	 "run"},
	{"of the resource",
	 {.exe = "/x",
	  .env = "OTEL_RESOURCE_ATTRIBUTES=a=b, service.name = svc ,service.namespace=ns,"
		 "service.instance.id=i\n"},
	 "svc",
	 "svc",
	 "",
	 "ns",
	 "i"},
	{"the variable wins",
	 {.exe = "/x", .env = "OTEL_RESOURCE_ATTRIBUTES=service.name=b\nOTEL_SERVICE_NAME=a\n"},
	 "a",
	 "a"},
	{"encoded",
	 {.exe = "/x/run", .env = "OTEL_RESOURCE_ATTRIBUTES=service.name=a%20b\n"},
	 "run",
	 "run"},
	{"broken",
	 {.exe = "/x/run", .env = "OTEL_RESOURCE_ATTRIBUTES=service.name,=,,service.name\n"},
	 "run",
	 "run"},

	/* pods by their names: 7d4b9c5f6d spells a number of 32 bits */
	{"a Deployment",
	 {.exe = "/x",
	  .pod_namespace = "prod",
	  .pod_name = "rag-7d4b9c5f6d-x2k8p",
	  .pod_container = "app"},
	 "rag",
	 "prod/rag",
	 "rag",
	 "prod",
	 "prod.rag-7d4b9c5f6d-x2k8p.app",
	 {[OWNER_DEPLOYMENT] = "rag", [OWNER_REPLICASET] = "rag-7d4b9c5f6d"}},
	{"its other pod",
	 {.pod_namespace = "prod", .pod_name = "rag-7d4b9c5f6d-zzz99", .pod_container = "app"},
	 "rag",
	 "prod/rag",
	 "rag",
	 "prod",
	 "prod.rag-7d4b9c5f6d-zzz99.app",
	 {[OWNER_DEPLOYMENT] = "rag", [OWNER_REPLICASET] = "rag-7d4b9c5f6d"}},
	{"a name with parts",
	 {.pod_namespace = "n", .pod_name = "a-b.c-66bff467f8-abcde"},
	 "a-b.c-66bff467f8-abcde",
	 "n/a-b.c-66bff467f8-abcde",
	 "a-b.c-66bff467f8-abcde",
	 "n"},
	{"a hash of 33 bits",
	 {.pod_namespace = "n", .pod_name = "rag-9999999999-x2k8p"},
	 "rag-9999999999",
	 "n/rag-9999999999",
	 "rag-9999999999",
	 "n"},
	{"a hash that leads with 0",
	 {.pod_namespace = "n", .pod_name = "rag-4d4b9c5f6d-x2k8p"},
	 "rag-4d4b9c5f6d",
	 "n/rag-4d4b9c5f6d",
	 "rag-4d4b9c5f6d",
	 "n"},
	{"no hash",
	 {.pod_namespace = "n", .pod_name = "rag-aaaaaaaaaa-x2k8p"},
	 "rag-aaaaaaaaaa",
	 "n/rag-aaaaaaaaaa",
	 "rag-aaaaaaaaaa",
	 "n"},
	{"a hash alone",
	 {.pod_namespace = "n", .pod_name = "7d4b9c5f6d-x2k8p"},
	 "7d4b9c5f6d",
	 "n/7d4b9c5f6d",
	 "7d4b9c5f6d",
	 "n"},
	{"a name of full length",
	 {.pod_namespace = "n", .pod_name = LONG_NAME "-7d4b9c5f6d-x2k8px"},
	 LONG_NAME "-7d4b9c5f6d-x2k8px",
	 "n/" LONG_NAME "-7d4b9c5f6d-x2k8px",
	 LONG_NAME "-7d4b9c5f6d-x2k8px",
	 "n"},
	{"a cut name",
	 {.pod_namespace = "n", .pod_name = LONG_NAME "8-7d4b9c5f6d-x2k8p"},
	 LONG_NAME "8-7d4b9c5f6d",
	 "n/" LONG_NAME "8-7d4b9c5f6d",
	 LONG_NAME "8-7d4b9c5f6d",
	 "n"},
	{"a CronJob",
	 {.pod_namespace = "n", .pod_name = "nightly-report-28123456-x2k8p"},
	 "nightly-report",
	 "n/nightly-report",
	 "nightly-report",
	 "n",
	 "",
	 {[OWNER_CRONJOB] = "nightly-report", [OWNER_JOB] = "nightly-report-28123456"}},
	{"an indexed one",
	 {.pod_namespace = "n", .pod_name = "nightly-28123456-12-x2k8p"},
	 "nightly",
	 "n/nightly",
	 "nightly",
	 "n",
	 "",
	 {[OWNER_CRONJOB] = "nightly", [OWNER_JOB] = "nightly-28123456"}},
	{"a number that is no such time",
	 {.pod_namespace = "n", .pod_name = "a-12345678-x2k8p"},
	 "a-12345678",
	 "n/a-12345678",
	 "a-12345678",
	 "n"},
	{"a DaemonSet, perhaps",
	 {.pod_namespace = "n", .pod_name = "agent-x2k8p"},
	 "agent",
	 "n/agent",
	 "agent",
	 "n"},
	{"a StatefulSet, perhaps",
	 {.pod_namespace = "n", .pod_name = "db-0"},
	 "db",
	 "n/db",
	 "db",
	 "n"},
	{"no ordinal",
	 {.pod_namespace = "n", .pod_name = "db-01"},
	 "db-01",
	 "n/db-01",
	 "db-01",
	 "n"},
	{"a static pod",
	 {.pod_uid = STATIC_UID, .pod_namespace = "kube-system", .pod_name = "etcd-node-0"},
	 "etcd-node-0",
	 "kube-system/etcd-node-0",
	 "etcd-node-0",
	 "kube-system"},
	{"a pod of its own",
	 {.pod_namespace = "n", .pod_name = "shell"},
	 "shell",
	 "n/shell",
	 "shell",
	 "n"},
	{"a name that ends at once",
	 {.pod_namespace = "n", .pod_name = "-x2k8p"},
	 "-x2k8p",
	 "n/-x2k8p",
	 "-x2k8p",
	 "n"},
	{"a pod without a name yet",
	 {.pod_uid = "3f2a1b0c-9d8e-4f7a-8b6c-5d4e3f2a1b0c", .exe = "/x/run"},
	 "run",
	 "run",
	 ""},
	{"a container in a pod",
	 {.pod_namespace = "n", .pod_name = "db-0", .container_name = "c", .unit = "u.service"},
	 "db",
	 "n/db",
	 "db",
	 "n"},

	/* pods by labels and variables */
	{"a Deployment by label",
	 {.pod_namespace = "n",
	  .pod_name = "rag-abc-x2k8p",
	  .labels = L "app=x\n" L "pod-template-hash=abc\n"},
	 "rag",
	 "n/rag",
	 "rag",
	 "n",
	 "",
	 {[OWNER_DEPLOYMENT] = "rag", [OWNER_REPLICASET] = "rag-abc"}},
	{"a StatefulSet by label",
	 {.pod_namespace = "n",
	  .pod_name = "db-12",
	  .labels = L "statefulset.kubernetes.io/pod-name=db-12\n"},
	 "db",
	 "n/db",
	 "db",
	 "n",
	 "",
	 {[OWNER_STATEFULSET] = "db"}},
	{"a DaemonSet by label",
	 {.pod_namespace = "n",
	  .pod_name = "agent-x2k8p",
	  .labels = L "controller-revision-hash=5f\n" L "pod-template-generation=1\n"},
	 "agent",
	 "n/agent",
	 "agent",
	 "n",
	 "",
	 {[OWNER_DAEMONSET] = "agent"}},
	{"a Job by label",
	 {.pod_namespace = "n",
	  .pod_name = "one-x2k8p",
	  .labels = L "batch.kubernetes.io/job-name=one\n"},
	 "one",
	 "n/one",
	 "one",
	 "n",
	 "",
	 {[OWNER_JOB] = "one"}},
	{"by an operator's word",
	 {.pod_namespace = "n",
	  .pod_name = "strange-name",
	  .env = "OTEL_RESOURCE_ATTRIBUTES=k8s.deployment.name=rag,k8s.pod.name=strange-name\n"},
	 "rag",
	 "n/rag",
	 "rag",
	 "n",
	 "",
	 {[OWNER_DEPLOYMENT] = "rag"}},
	{"the conventions' order: an annotation",
	 {.pod_namespace = "n",
	  .pod_name = "db-0",
	  .labels = L "app.kubernetes.io/name=c\n" L "app.kubernetes.io/instance=b\n"
		      "k8s.pod.annotation.resource.opentelemetry.io/service.name=a\n"},
	 "a",
	 "n/db",
	 "db",
	 "n"},
	{"then an instance",
	 {.pod_namespace = "n",
	  .pod_name = "db-0",
	  .labels = L "app.kubernetes.io/name=c\n" L "app.kubernetes.io/instance=b\n"},
	 "b",
	 "n/db",
	 "db",
	 "n"},
	{"then a name",
	 {.pod_namespace = "n", .pod_name = "db-0", .labels = L "app.kubernetes.io/name=c\n"},
	 "c",
	 "n/db",
	 "db",
	 "n"},
	{"another's label",
	 {.pod_namespace = "n",
	  .pod_name = "db-0",
	  .labels = "container.label.app.kubernetes.io/name=c\n"},
	 "db",
	 "n/db",
	 "db",
	 "n"},
};

static void same(const char *what, const char *of, const char *got, const char *want)
{
	if (strcmp(got, want ? want : ""))
		fail_msg("%s: %s is [%s], not [%s]", what, of, got, want ? want : "");
}

static void test_cases(void **state)
{
	struct attribution a;
	size_t i, j;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		attribution__of(&cases[i].who, &a);
		same(cases[i].what, "service", a.service, cases[i].service);
		same(cases[i].what, "feature", a.feature, cases[i].feature);
		same(cases[i].what, "workload", a.workload, cases[i].workload);
		same(cases[i].what, "namespace", a.service_namespace, cases[i].namespace);
		same(cases[i].what, "instance", a.service_instance, cases[i].instance);
		for (j = 0; j < N_POD_OWNERS; j++)
			same(cases[i].what, "owner", a.owners[j], cases[i].owners[j]);
	}
}

/* All of it far too long: cut at a character, never past its room. */
static void test_long(void **state)
{
	static char text[5001], env[6000], labels[6000];
	struct who w = {.pod_namespace = text,
			.pod_name = text,
			.pod_container = text,
			.user = text,
			.unit = text,
			.exe = text,
			.env = env,
			.labels = labels};
	struct attribution a;
	size_t i;

	for (i = 0; i + 2 < sizeof(text); i += 2)
		memcpy(text + i, "é", 2);
	attribution__of(&w, &a);
	assert_true(strlen(a.feature) <= FEATURE_MAX);
	assert_int_equal(strlen(a.service) % 2, 0);
	snprintf(env, sizeof(env), "LLMSNOOP_FEATURE=%s\n", text);
	snprintf(labels, sizeof(labels), L "app.kubernetes.io/name=%s\n", text);
	attribution__of(&w, &a);
	assert_int_equal(strlen(a.feature), FEATURE_MAX - 2);
	assert_true(strlen(a.service) < sizeof(a.service));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

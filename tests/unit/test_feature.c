// SPDX-License-Identifier: Apache-2.0
/* A user's own rules for features: what they say, and what is said of wrong ones. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "enrich/attribution.h"
#include "enrich/feature.h"
#include "rules.h"

static struct call a_call(void)
{
	static const char *const reasons[] = {"stop", "length"};
	struct call c = call_unknown;

	c.request_model = "gpt-4o-mini";
	c.finish_reasons = reasons;
	c.n_finish_reasons = 2;
	c.stream = 1;
	c.status = 200;
	c.method = "POST";
	c.who = (struct who){
		.pid = 42,
		.uid = 1000,
		.exe = "/usr/bin/python3",
		.cmdline = "python3 /srv/rag.py --fast",
		.container_name = "web-1",
		.pod_namespace = "prod",
		.pod_name = "rag-0",
		.env = "OTEL_SERVICE_NAME=svc\n",
		.labels = "k8s.pod.label.app.kubernetes.io/name=rag\nk8s.pod.label.team=search\n"
			  "k8s.pod.annotation.a=b c\ncontainer.label.stage=\n",
		.feature = "prod/rag",
	};
	return c;
}

static const struct {
	const char *name, *conditions;
	const char *want; /* NULL: the rule does not hold */
} rules[] = {
	{"f", "k8s.namespace.name=prod", "f"},
	{"f", "k8s.namespace.name=PROD", "f"},
	{"f", "k8s.namespace.name=pro", NULL},
	{"f", "k8s.namespace.name!=prod", NULL},
	{"f", "k8s.namespace.name!=test", "f"},
	{"f", "k8s.namespace.name=prod k8s.pod.name=rag-*", "f"},
	{"f", "  k8s.namespace.name=prod \t k8s.pod.name=web-*  ", NULL},
	{"f", "process.command_line=*rag*", "f"},
	{"f", "\"process.command_line=python3 */rag.py *\"", "f"},
	{"f", "process.command_line=\"python3 /srv/rag.py --fast\"", "f"},
	{"f", "process.command_line=\"python3 /srv/rag.py\"", NULL},
	{"f", "process.command_line=*=*", NULL},
	{"f", "process.executable.path=/usr/bin/*", "f"},
	{"f", "process.executable.name=python3", "f"},
	{"f", "container.name=web-?", "f"},
	{"f", "k8s.pod.label.team=search", "f"},
	{"f", "k8s.pod.label.tea=search", NULL},
	{"f", "k8s.pod.label.app.kubernetes.io/name=rag", "f"},
	{"f", "k8s.pod.annotation.a=\"b c\"", "f"},
	{"f", "container.label.stage!=x", "f"},
	{"f", "container.label.team=*", NULL},
	{"f", "process.environment_variable.OTEL_SERVICE_NAME=s*", "f"},
	{"f", "process.environment_variable.LLMSNOOP_FEATURE!=x", "f"},
	{"f", "gen_ai.request.model=gpt-*", "f"},
	{"f", "gen_ai.response.finish_reasons=length", "f"},
	{"f", "gen_ai.response.finish_reasons!=length", NULL},
	{"f", "gen_ai.response.finish_reasons!=tool", "f"},
	{"f", "gen_ai.request.stream=true", "f"},
	{"f", "http.response.status_code=2*", "f"},
	{"f", "process.pid=42", "f"},
	{"f", "user.id=1000", "f"},
	{"f", "user.name=*", NULL},
	{"f", "user.name!=me", "f"},
	{"f", "llmsnoop.feature=prod/*", "f"},
	{"f", "type=llm.call", "f"},
	{"{k8s.namespace.name}/{k8s.pod.label.team}", "k8s.pod.name=*", "prod/search"},
	{"a-{k8s.pod.name}-z", "k8s.pod.name=*", "a-rag-0-z"},
	{"{llmsnoop.feature}/x", "k8s.pod.name=*", "prod/rag/x"},
	{"{process.pid}", "k8s.pod.name=*", "42"},
	{"{user.name}", "k8s.pod.name=*", NULL},
	{"x/{container.label.none}", "k8s.pod.name=*", NULL},
	{"{container.label.stage}", "k8s.pod.name=*", NULL},
	{"{gen_ai.response.finish_reasons}", "k8s.pod.name=*", "stop"},
	{"two words", "k8s.pod.name=*", "two words"},
};

static void test_rules(void **state)
{
	char name[FEATURE_MAX + 1], error[256];
	struct feature_rules *r;
	struct call c = a_call();
	bool got;
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		assert_int_equal(feature_rules__new(&r), 0);
		if (feature_rules__add(r, rules[i].name, rules[i].conditions, error, sizeof(error)))
			fail_msg("%s: %s", rules[i].conditions, error);
		got = feature_rules__name(r, &c, name);
		if (got != (rules[i].want != NULL) || (got && strcmp(name, rules[i].want)))
			fail_msg("%s = %s: [%s]", rules[i].name, rules[i].conditions,
				 got ? name : "");
		feature_rules__free(r);
	}
	assert_false(feature_rules__name(NULL, &c, name));
}

static void test_first_wins(void **state)
{
	char name[FEATURE_MAX + 1], error[256];
	struct feature_rules *r;
	struct call c = a_call();

	assert_int_equal(feature_rules__new(&r), 0);
	assert_false(feature_rules__name(r, &c, name));
	feature_rules__add(r, "none", "user.name=*", error, sizeof(error));
	feature_rules__add(r, "{user.name}", "k8s.pod.name=*", error, sizeof(error));
	feature_rules__add(r, "first", "k8s.pod.name=*", error, sizeof(error));
	feature_rules__add(r, "second", "k8s.pod.name=*", error, sizeof(error));
	assert_true(feature_rules__name(r, &c, name));
	assert_string_equal(name, "first");
	/* what is not known matches no rule */
	c = call_unknown;
	assert_false(feature_rules__name(r, &c, name));
	feature_rules__free(r);
}

static const struct {
	const char *name, *conditions, *says;
} wrongs[] = {
	{"f", "", "needs a condition"},
	{"f", "   ", "needs a condition"},
	{"", "k8s.pod.name=*", "needs the name"},
	{"f", "prod", "\"prod\" is no condition"},
	{"f", "=prod", "is no condition"},
	{"f", "k8s.pod.name=", "is no condition"},
	{"f", "!=x", "there is no field \"!\""},
	{"f", "k8s.pod.name = x", "is no condition"},
	{"f", "k8s.namespace=prod",
	 "there is no field \"k8s.namespace\"; did you mean "
	 "k8s.namespace.name?"},
	{"f", "proces.pid=1", "did you mean process.pid?"},
	{"f", "bogus.field=1", "there is no field \"bogus.field\"; rules speak of"},
	{"f", "command_line=*x*", "did you mean process.command_line?"},
	{"f", "container.lable.x=1", "did you mean container.label.?"},
	{"f", "k8s.pod.label.=x", "there is no field"},
	{"f", "time=2026*", "is no text that rules could speak of"},
	{"f", "duration_s=1", "is no text that rules could speak of"},
	{"f", "trace_id=0", "is no text that rules could speak of"},
	{"f", "k8s.pod.name=\"a b", "closing quote is missing"},
	{"{k8s.pod.name", "k8s.pod.name=*", "closing } is missing"},
	{"k8s.pod.name}", "k8s.pod.name=*", "without {"},
	{"{pod}", "k8s.pod.name=*", "there is no field \"pod\""},
	{"{}", "k8s.pod.name=*", "there is no field \"\""},
	{"{time}", "k8s.pod.name=*", "is no text"},
};

static void test_wrong(void **state)
{
	char error[512], name[FEATURE_MAX + 1];
	struct feature_rules *r;
	struct call c = a_call();
	size_t i;

	assert_int_equal(feature_rules__new(&r), 0);
	for (i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
		*error = 0;
		assert_int_equal(feature_rules__add(r, wrongs[i].name, wrongs[i].conditions, error,
						    sizeof(error)),
				 -EINVAL);
		if (!strstr(error, wrongs[i].says))
			fail_msg("%s = %s: %s", wrongs[i].name, wrongs[i].conditions, error);
	}
	assert_false(feature_rules__name(r, &c, name));
	feature_rules__free(r);
}

/* As many as there may be of each, and one more. */
static void test_bounds(void **state)
{
	char text[20000] = "", error[256], name[FEATURE_MAX + 1];
	static char longest[3000];
	struct feature_rules *r;
	struct call c = a_call();
	int i;

	assert_int_equal(feature_rules__new(&r), 0);
	for (i = 0; i < FEATURE_CONDITIONS_MAX; i++)
		strcat(text, "k8s.pod.name=* ");
	assert_int_equal(feature_rules__add(r, "f", text, error, sizeof(error)), 0);
	strcat(text, "k8s.pod.name=*");
	assert_int_equal(feature_rules__add(r, "f", text, error, sizeof(error)), -E2BIG);
	*text = 0;
	for (i = 0; i < 17; i++)
		strcat(text, "{k8s.pod.name}");
	assert_int_equal(feature_rules__add(r, text, "k8s.pod.name=*", error, sizeof(error)),
			 -E2BIG);
	strcpy(text, "k8s.pod.name=");
	memset(text + 13, 'x', 600);
	assert_int_equal(feature_rules__add(r, "f", text, error, sizeof(error)), -EINVAL);
	for (i = 1; i < FEATURE_RULES_MAX; i++)
		assert_int_equal(feature_rules__add(r, "f", "k8s.pod.name=x", error, sizeof(error)),
				 0);
	assert_int_equal(feature_rules__add(r, "f", "k8s.pod.name=x", error, sizeof(error)),
			 -E2BIG);
	feature_rules__free(r);
	/* a long name is cut, at a character */
	assert_int_equal(feature_rules__new(&r), 0);
	for (i = 0; i < 999; i += 2)
		memcpy(longest + i, "é", 2);
	c.who.pod_name = longest;
	assert_int_equal(
		feature_rules__add(r, "x{k8s.pod.name}", "k8s.pod.name=*", error, sizeof(error)),
		0);
	assert_true(feature_rules__name(r, &c, name));
	assert_int_equal(strlen(name), FEATURE_MAX - 1);
	feature_rules__free(r);
	feature_rules__free(NULL);
}

static struct config *config_of(const char *text, char *path)
{
	struct config *config;
	char error[256];
	int fd;

	strcpy(path, "/tmp/test_feature.XXXXXX");
	fd = mkstemp(path);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	assert_int_equal(config__load(path, error, sizeof(error), &config), 0);
	unlink(path);
	return config;
}

static void test_config(void **state)
{
	char path[64], error[512], want[128], name[FEATURE_MAX + 1];
	struct config *config = config_of("# rules\n[feature]\nother = user.name=x\n"
					  "{k8s.namespace.name}/team = user.name=y\n"
					  "  \"process.command_line=python3 */rag.py *\"\n",
					  path);
	struct feature_rules *r;
	struct call c = a_call();

	assert_int_equal(rules__load(config, error, sizeof(error), &r), 0);
	assert_true(feature_rules__name(r, &c, name));
	assert_string_equal(name, "prod/team");
	feature_rules__free(r);
	config__free(config);
	config = config_of("[feature]\na = user.name=x\n\nb = username=x\n", path);
	assert_int_equal(rules__load(config, error, sizeof(error), &r), -EINVAL);
	snprintf(want, sizeof(want),
		 "%s:4: there is no field \"username\"; did you mean user.name?", path);
	assert_string_equal(error, want);
	config__free(config);
	assert_int_equal(rules__load(NULL, error, sizeof(error), &r), 0);
	assert_false(feature_rules__name(r, &c, name));
	feature_rules__free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),  cmocka_unit_test(test_first_wins),
		cmocka_unit_test(test_wrong),  cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_config),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

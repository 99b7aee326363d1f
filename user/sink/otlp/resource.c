// SPDX-License-Identifier: Apache-2.0
#include "sink/otlp/resource.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/machine_id.h"
#include "sink/otlp/encode_inner.h"

/* uname's names of architectures, and the conventions'. */
static const char *arch(const char *machine)
{
	static const struct {
		const char *ours, *theirs;
	} names[] = {{"x86_64", "amd64"}, {"aarch64", "arm64"}};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i].ours, machine))
			return names[i].theirs;
	return NULL;
}

void otlp_host__read(struct otlp_host *ret)
{
	struct utsname u;

	*ret = (struct otlp_host){0};
	if (!uname(&u)) {
		snprintf(ret->name, sizeof(ret->name), "%s", u.nodename);
		ret->arch = arch(u.machine);
	}
	if (!machine_id__read(ret->id))
		ret->id[0] = 0;
}

/* The user's attributes: first, so that they hold. */
static void begin(struct otlp_encode *e, struct attributes *a)
{
	unsigned int i;

	attributes__init(a, &e->arena, UINT_MAX, UINT_MAX);
	for (i = 0; i < e->config->n_resource; i++)
		attributes__text(a, e->config->resource[i].key, e->config->resource[i].value);
}

static int end(struct otlp_encode *e, const struct otlp_host *host, const char *exe,
	       struct attributes *a, struct buf *out)
{
	Otlp__Resource m = OTLP__RESOURCE__INIT;
	char service[300];

	/* Required: what the specification wants where there is none. */
	snprintf(service, sizeof(service), "unknown_service%s%s", exe ? ":" : "", exe ? exe : "");
	attributes__text(a, "service.name", service);
	attributes__text(a, "telemetry.sdk.name", "llmsnoop");
	attributes__text(a, "telemetry.sdk.language", "cpp"); /* C has no name of its own */
	attributes__text(a, "telemetry.sdk.version", LLMSNOOP_VERSION);
	attributes__text(a, "host.name", host->name);
	attributes__text(a, "host.id", host->id);
	attributes__text(a, "host.arch", host->arch);
	attributes__text(a, "os.type", "linux");
	m.n_attributes = a->n;
	m.attributes = a->list;
	return otlp_encode__pack(e, &m.base, out);
}

int otlp_resource__record(struct otlp_encode *e, const struct otlp_host *host,
			  const struct fields *t, const void *record, struct buf *out)
{
	const char *exe = NULL;
	struct attributes a;
	struct value value;
	unsigned int i;

	begin(e, &a);
	for (i = 0; i < t->n; i++)
		if (t->v[i].part == PART_WHO && field__get(&t->v[i], record, &value))
			attributes__value(&a, t->v[i].name, &value);
	for (i = 0; i < a.n; i++)
		if (!strcmp(a.list[i]->key, "process.executable.name"))
			exe = a.list[i]->value->string_value;
	return end(e, host, exe, &a, out);
}

int otlp_resource__labels(struct otlp_encode *e, const struct otlp_host *host,
			  const char *const *names, const char *const *values, unsigned int n,
			  struct buf *out)
{
	struct attributes a;
	unsigned int i;

	begin(e, &a);
	for (i = 0; i < n; i++)
		attributes__text(&a, names[i], values[i]);
	return end(e, host, NULL, &a, out);
}

int otlp_scope__encode(struct otlp_encode *e, struct buf *out)
{
	Otlp__InstrumentationScope m = OTLP__INSTRUMENTATION_SCOPE__INIT;

	m.name = (char *)"llmsnoop";
	m.version = (char *)LLMSNOOP_VERSION;
	return otlp_encode__pack(e, &m.base, out);
}

const char *otlp_scope__schema_url(enum semconv semconv)
{
	return semconv == SEMCONV_1_41 ? "https://opentelemetry.io/schemas/1.41.1" : "";
}

// SPDX-License-Identifier: Apache-2.0
#include "enrich/attribution.h"

#include <stdio.h>

#include "base/glob.h"
#include "base/utf8.h"
#include "enrich/labels.h"
#include "enrich/service.h"
#include "enrich/workload.h"

static const char *known(const char *text)
{
	return text ? text : "";
}

static void keep(struct span s, size_t max, char *ret)
{
	s = utf8__head(s, max - 1);
	if (s.n)
		memcpy(ret, s.p, s.n);
	ret[s.n] = 0;
}

static struct span variable(const struct who *w, const char *name)
{
	return span_trim(labels__get(w->env, "", span_str(name)));
}

/* Services that run what others ask for: their name says nothing of it. */
static const char *const carriers[] = {
	"user@*",
	"session-*",
	"ssh",
	"ssh@*",
	"sshd",
	"sshd@*",
	"sshd-session@*",
	"cron",
	"crond",
	"cronie",
	"anacron",
	"atd",
	"getty@*",
	"serial-getty@*",
	"console-getty",
	"docker",
	"containerd",
	"crio",
	"cri-o",
	"kubelet",
	"k3s",
	"k3s-agent",
	"rke2-server",
	"rke2-agent",
	"podman",
	"lxc",
	"lxc@*",
	"incus",
	"nomad",
	"systemd-nspawn@*",
	"gdm",
	"sddm",
	"lightdm",
	"display-manager",
	"app-*",
	"dbus-*",
	"org.*",
	"gnome-*",
	"snap.docker.dockerd",
	"snap.lxd.daemon",
};

/* "run-u12", "run-p12-i34", "run-r" and 32 hex digits: names that systemd-run makes up. */
static bool made_up(const char *name)
{
	static const char digits[] = "0123456789";
	size_t n;

	if (strncmp(name, "run-", 4))
		return false;
	name += 5;
	if (name[-1] == 'r')
		return strspn(name, "0123456789abcdef") == 32 && !name[32];
	if (name[-1] != 'u' && name[-1] != 'p')
		return false;
	n = strspn(name, digits);
	if (name[-1] == 'p' && n && !strncmp(name + n, "-i", 2))
		n += 2 + strspn(name + n + 2, digits);
	return n && !name[n];
}

/* The systemd service that a process is of, without ".service" and instance; "": none. A scope is a
 * place, not a purpose. */
static void unit_name(const struct who *w, char *ret)
{
	static const struct span tail = SPAN_LIT(".service");
	struct span unit = span_str(w->unit);
	char *at;
	size_t i;

	*ret = 0;
	if (!span_ends(unit, tail))
		return;
	keep(span_head(unit, unit.n - tail.n), ATTRIBUTION_TEXT_MAX, ret);
	for (i = 0; i < sizeof(carriers) / sizeof(carriers[0]); i++) {
		if (glob__match(carriers[i], ret)) {
			*ret = 0;
			return;
		}
	}
	at = strchr(ret, '@');
	if (made_up(ret))
		*ret = 0;
	else if (at && at != ret)
		*at = 0;
}

/* Does a person run it? Then it is below the slice of that user. */
static bool is_personal(const struct who *w)
{
	return w->user && *w->user && w->cgroup && strstr(w->cgroup, "/user.slice/user-");
}

static void set_owners(const struct who *w, struct attribution *a)
{
	struct workload x;
	size_t i;

	workload__of(w, &x);
	keep(x.name, sizeof(a->workload), a->workload);
	for (i = 0; i < N_POD_OWNERS; i++)
		keep(x.owners[i], sizeof(a->owners[i]), a->owners[i]);
}

static void set_service(const struct who *w, const char *unit, const char *program,
			struct attribution *a)
{
	static const struct span annotation = SPAN_LIT("resource.opentelemetry.io/service.name");
	static const struct span instance = SPAN_LIT("app.kubernetes.io/instance");
	static const struct span name = SPAN_LIT("app.kubernetes.io/name");
	const struct span found[] = {
		variable(w, "OTEL_SERVICE_NAME"),
		labels__resource(w->env, "service.name"),
		labels__get(w->labels, "k8s.pod.annotation.", annotation),
		labels__get(w->labels, "k8s.pod.label.", instance),
		labels__get(w->labels, "k8s.pod.label.", name),
		span_str(a->workload),
		span_str(unit),
		span_str(w->container_name),
		span_str(program),
	};
	size_t i;

	for (i = 0; i < sizeof(found) / sizeof(found[0]) && !*a->service; i++)
		keep(found[i], sizeof(a->service), a->service);
}

static void set_namespace(const struct who *w, struct attribution *a)
{
	const struct span found[] = {
		labels__resource(w->env, "service.namespace"),
		labels__get(w->labels, "k8s.pod.annotation.",
			    SPAN_LIT("resource.opentelemetry.io/service.namespace")),
		span_str(w->pod_namespace),
	};
	size_t i;

	for (i = 0; i < sizeof(found) / sizeof(found[0]) && !*a->service_namespace; i++)
		keep(found[i], sizeof(a->service_namespace), a->service_namespace);
}

/* Only where all instances are sure to have different ones. */
static void set_instance(const struct who *w, struct attribution *a)
{
	struct span said = labels__resource(w->env, "service.instance.id");

	if (!said.n)
		said = labels__get(w->labels, "k8s.pod.annotation.",
				   SPAN_LIT("resource.opentelemetry.io/service.instance.id"));
	if (said.n)
		keep(said, sizeof(a->service_instance), a->service_instance);
	else if (*known(w->pod_namespace) && *known(w->pod_name) && *known(w->pod_container))
		snprintf(a->service_instance, sizeof(a->service_instance), "%s.%s.%s",
			 w->pod_namespace, w->pod_name, w->pod_container);
}

static void set_feature(const struct who *w, const char *unit, const char *program,
			struct attribution *a)
{
	char pod[2 * ATTRIBUTION_TEXT_MAX] = "", own[2 * ATTRIBUTION_TEXT_MAX];
	const char *run = *unit ? unit : *known(w->container_name) ? w->container_name : program;
	const struct span labels[] = {
		variable(w, "LLMSNOOP_FEATURE"),
		variable(w, "OTEL_SERVICE_NAME"),
		labels__resource(w->env, "service.name"),
	};
	size_t i;

	for (i = 0; i < sizeof(labels) / sizeof(labels[0]) && !*a->feature; i++)
		keep(labels[i], FEATURE_MAX, a->feature);
	if (*a->feature)
		return;
	if (*a->workload) {
		snprintf(pod, sizeof(pod), "%s/%s", known(w->pod_namespace), a->workload);
		keep(span_str(*pod == '/' ? pod + 1 : pod), FEATURE_MAX, a->feature);
		return;
	}
	snprintf(own, sizeof(own), "%s/%s", known(w->user), run);
	keep(span_str(is_personal(w) && *run ? own : run), FEATURE_MAX, a->feature);
}

void attribution__of(const struct who *w, struct attribution *ret)
{
	char program[SERVICE_NAME_MAX], unit[ATTRIBUTION_TEXT_MAX];

	*ret = (struct attribution){0};
	service__name(known(w->exe), known(w->cmdline), known(w->comm), program, sizeof(program));
	unit_name(w, unit);
	set_owners(w, ret);
	set_service(w, unit, program, ret);
	set_namespace(w, ret);
	set_instance(w, ret);
	set_feature(w, unit, program, ret);
}

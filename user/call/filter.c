// SPDX-License-Identifier: Apache-2.0
#include "call/filter.h"

#include <stdio.h>
#include <string.h>

#include "base/glob.h"

static bool equal(const char *want, const char *have)
{
	return strcmp(want, have) == 0;
}

/* Paths may be given with the mount point in front and slashes at the end. */
static bool at_or_above(const char *want, const char *have)
{
	static const char mount[] = "/sys/fs/cgroup";
	size_t n;

	if (!strncmp(want, mount, sizeof(mount) - 1) &&
	    (want[sizeof(mount) - 1] == '/' || !want[sizeof(mount) - 1]))
		want += sizeof(mount) - 1;
	while (*want == '/')
		want++;
	while (*have == '/')
		have++;
	n = strlen(want);
	while (n && want[n - 1] == '/')
		n--;
	return !strncmp(want, have, n) && (!n || !have[n] || have[n] == '/');
}

static bool any(const char *const *list, unsigned int n, const char *have,
		bool (*match)(const char *want, const char *have))
{
	unsigned int i;

	if (!n)
		return true;
	if (!have || !*have)
		return false;
	for (i = 0; i < n; i++)
		if (match(list[i], have))
			return true;
	return false;
}

static bool any_uid(const struct filter *f, uint32_t uid)
{
	unsigned int i;

	if (!f->n_uids)
		return true;
	for (i = 0; i < f->n_uids; i++)
		if (f->uids[i] == uid && uid != UINT32_MAX)
			return true;
	return false;
}

static bool any_pod(const struct filter *f, const struct process *p)
{
	char path[512];
	unsigned int i;

	if (!f->n_pods)
		return true;
	if (!p || !p->pod_name || !*p->pod_name)
		return false;
	snprintf(path, sizeof(path), "%s/%s", p->pod_namespace ? p->pod_namespace : "",
		 p->pod_name);
	for (i = 0; i < f->n_pods; i++)
		if (glob__match(f->pods[i], strchr(f->pods[i], '/') ? path : p->pod_name))
			return true;
	return false;
}

bool filter__process(const struct filter *f, const struct process *p)
{
	return any(f->comms, f->n_comms, p ? p->comm : NULL, equal) &&
	       any_uid(f, p ? p->uid : UINT32_MAX) &&
	       any(f->cgroups, f->n_cgroups, p ? p->cgroup : NULL, at_or_above) && any_pod(f, p);
}

bool filter__role(const struct filter *f, enum call_role role)
{
	return f->role == FILTER_BOTH || (f->role == FILTER_SERVER) == (role == ROLE_SERVER);
}

bool filter__host(const struct filter *f, const char *host)
{
	return any(f->hosts, f->n_hosts, host, glob__match);
}

bool filter__chooses(const struct filter *f)
{
	return f->only_errors || f->slow_ns || f->n_models;
}

bool filter__call(const struct filter *f, const struct call *c)
{
	if (f->only_errors && !c->error_type)
		return false;
	if (c->duration_ns < f->slow_ns)
		return false;
	return !f->n_models || any(f->models, f->n_models, c->request_model, glob__match) ||
	       any(f->models, f->n_models, c->response_model, glob__match);
}

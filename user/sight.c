// SPDX-License-Identifier: Apache-2.0
#include "sight.h"

#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "capture/capabilities.h"
#include "capture/live.h"
#include "doctor/host.h"
#include "log.h"

static void warn_of_check(const struct host *h, const char *name)
{
	for (unsigned int i = 0; i < h->n_checks; i++) {
		const struct host_check *c = &h->checks[i];

		if (!c->fine && !strcmp(c->name, name))
			log__warn("%s: %s; %s", c->name, c->meaning, c->remedy);
	}
}

static void warn_of_capability(const struct host *h, unsigned int number)
{
	for (unsigned int i = 0; i < capability_n; i++) {
		const struct capability *c = &capability_table[i];

		if (c->number == number && !capabilities__allow(h->effective, number))
			log__warn("%s is missing: %s; run as root or grant it", c->name,
				  c->without);
	}
}

/* It may come yet; but a name that is spelled wrong would look like programs that make no calls. */
static void warn_of_cgroup(const char *path)
{
	static const char mount[] = "/sys/fs/cgroup";
	char full[PATH_MAX];

	if (access("/sys/fs/cgroup/cgroup.controllers", F_OK)) /* v1: a mount for each */
		return;
	snprintf(full, sizeof(full), "%s/%s", strncmp(path, mount, sizeof(mount) - 1) ? mount : "",
		 path);
	if (access(full, F_OK))
		log__warn("--cgroup %s: there is no such control group yet", path);
}

void sight__warn_of_gaps(const struct options *o)
{
	struct host h = {0};

	for (unsigned int i = 0; i < o->filter.n_cgroups; i++)
		warn_of_cgroup(o->filter.cgroups[i]);
	host__read("/proc", "/sys", &h);
	if (!o->n_pids)
		warn_of_check(&h, "pid namespace");
	warn_of_capability(&h, CAP_SYS_PTRACE);
	warn_of_capability(&h, CAP_DAC_READ_SEARCH);
}

void sight__warn_of_hindrances(void)
{
	struct host h = {0};

	host__read("/proc", "/sys", &h);
	warn_of_check(&h, "user namespace");
	warn_of_check(&h, "lockdown");
	warn_of_check(&h, "seccomp");
}

const char *sight__probes_denied(const struct live *l, const char **ret_hint)
{
	if (!targets__denied(live__targets(l)) ||
	    capabilities__allow(capabilities__effective(), CAP_SYS_ADMIN))
		return NULL;
	*ret_hint = "run as root, or grant it: kernels before 6.6 want it for probes";
	return "CAP_SYS_ADMIN";
}

/* SPDX-License-Identifier: Apache-2.0 */
/* cgroup.h: what the text of /proc/PID/cgroup says about a process. Pure functions. Sources:
 * cgroups(7), systemd.unit(5), systemd-nspawn(1), lxc.container.conf(5), and the paths that docker,
 * containerd, CRI-O, podman, runc, crun, Nomad, ECS and the kubelet's two cgroup drivers make. A
 * reader in a cgroup namespace of its own sees paths that begin with "/..": what lies behind those
 * is read alike. */
#ifndef LLMSNOOP_CGROUP_H
#define LLMSNOOP_CGROUP_H

#include "base/span.h"

#define CGROUP_POD_UID_MAX 36
#define CGROUP_NAME_MAX 128

/* Empty or NULL: the path does not say. Spans are parts of it. */
struct cgroup_facts {
	/* The innermost container. */
	struct span container_id;
	const char *runtime; /* "docker", "containerd", "cri-o", "podman", "lxc", …; static */
	char container_name[CGROUP_NAME_MAX + 1]; /* where the runtime puts it into the path */
	/* The innermost pod, and its own container: not one that runs inside that. */
	char pod_uid[CGROUP_POD_UID_MAX + 1]; /* "-" as the API has it; 32 digits: a static pod */
	struct span pod_container_id;
	/* systemd's */
	struct span unit;    /* the innermost service or scope that is no container's */
	struct span slice;   /* the innermost that is no pod's */
	struct span session; /* "3" of session-3.scope */
};

/* The path that tells most: one that names a container; else that of cgroup v2 unless it is "/";
 * else that of systemd's own or the best known v1 hierarchy. Part of text; empty: none. */
struct span cgroup__path(struct span text);

/* What one path says. */
void cgroup__facts(struct span path, struct cgroup_facts *ret);

/* Is it in a container? */
bool cgroup__contained(const struct cgroup_facts *f);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* cgroup.h: what the text of /proc/PID/cgroup says about a process. Pure functions. Sources:
 * cgroups(7), systemd.unit(5), and the paths that docker, containerd, CRI-O, podman and the
 * kubelet's two cgroup drivers make. */
#ifndef LLMSNOOP_CGROUP_H
#define LLMSNOOP_CGROUP_H

#include "base/span.h"

/* The path that tells most: one that names a container; else that of cgroup v2 unless it is "/";
 * else that of systemd's own or the best known v1 hierarchy. Part of text; empty: none. */
struct span cgroup__path(struct span text);

/* The 64 hex digits of the innermost container. Part of path; empty: none. */
struct span cgroup__container(struct span path);

/* The innermost systemd service or scope that is not a container's. Part of path; empty: none. */
struct span cgroup__unit(struct span path);

#endif

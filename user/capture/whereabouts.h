/* SPDX-License-Identifier: Apache-2.0 */
/* whereabouts.h: names for the ids that the kernel has of a process: its user, its container, its
 * pod. Asked when a process is first seen, never for a call; what files say of a container is
 * remembered for a while. */
#ifndef LLMSNOOP_WHEREABOUTS_H
#define LLMSNOOP_WHEREABOUTS_H

#include "capture/container.h"

#define WHEREABOUTS_MAX 512 /* containers that are remembered */

struct whereabouts;

/* root: where the host's root is mounted; NULL: found out (host_root.h). Negative errno: it cannot
 * be opened. */
int whereabouts__new(const char *root, struct whereabouts **ret);
void whereabouts__free(struct whereabouts *w); /* NULL is fine */

/* What is known of a container; borrowed until the next call. */
const struct container_facts *whereabouts__container(struct whereabouts *w,
						     const struct cgroup_facts *ids);

/* The name of a user of the host; "": unknown. Borrowed until the next call. */
const char *whereabouts__user(struct whereabouts *w, uint32_t uid);

#endif

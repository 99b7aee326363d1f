/* SPDX-License-Identifier: Apache-2.0 */
/* peers.h: how many of a process's connections look like calls of models: those to port 443, and
 * those to the usual ports of model servers on this host. Read from /proc, nothing is sent. */
#ifndef LLMSNOOP_DOCTOR_PEERS_H
#define LLMSNOOP_DOCTOR_PEERS_H

#include <stdint.h>

struct peers;

/* proc is "/proc"; tests give a tree of their own. It is borrowed. -ENOMEM. */
int peers__new(const char *proc, struct peers **ret);
void peers__free(struct peers *p); /* NULL is fine */

/* Counts pid's connections. The sockets of a network namespace are read once for all processes in
 * it. */
void peers__count(struct peers *p, uint32_t pid, unsigned int *ret_tls, unsigned int *ret_models);

#endif

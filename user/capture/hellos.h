/* SPDX-License-Identifier: Apache-2.0 */
/* hellos.h: names the hosts to which programs speak TLS that no probe sees. Each connection to port
 * 443 begins with the server's name in the clear; if its process is one that may not be seen, and
 * no plaintext of it comes by soon, that is told. */
#ifndef LLMSNOOP_HELLOS_H
#define LLMSNOOP_HELLOS_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/capture.h"
#include "capture/procs.h"
#include "event.h"

struct hellos_config {
	bool (*matters)(void *ctx,
			const char *host); /* is it a host to be told of? NULL: none is */
	void *matters_ctx;
	/* Borrowed: who is traced and what each maps. */
	const struct procs *procs;
	const struct targets *targets; /* NULL: libraries are not named */
	bool all;		       /* as procs__traced has it */
};

struct hellos;

/* -ENOMEM. */
int hellos__new(const struct hellos_config *config, struct hellos **ret);
void hellos__free(struct hellos *h); /* NULL is fine */

/* Takes the beginning of a connection in. Reads /proc, a bounded number of times. The process that
 * may have to be told of, which may be gone when it is; 0: none. */
uint32_t hellos__take(struct hellos *h, const struct event_hello *e);
/* As hellos__take, of the connection of a process that is known. */
void hellos__of(struct hellos *h, uint64_t ts_ns, struct span name, uint32_t pid);
/* Plaintext of that process came by. h may be NULL. */
void hellos__seen(struct hellos *h, uint32_t pid);
/* The next connection that has waited long enough (now_ns UINT64_MAX: however short) of pid (0: of
 * anybody), and is still believed not to be seen; false: none. ret's strings live until the next
 * call. h may be NULL. */
bool hellos__due(struct hellos *h, uint64_t now_ns, uint32_t pid, struct capture_unseen *ret);

#endif

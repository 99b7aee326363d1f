/* SPDX-License-Identifier: Apache-2.0 */
/* quic.h: names QUIC connections, which cannot be seen into. */
#ifndef LLMSNOOP_QUIC_H
#define LLMSNOOP_QUIC_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/capture.h"
#include "event.h"

struct quic;

/* wanted: whose connections are told of; asked with the pids of processes that exist. -ENOMEM. */
int quic__new(bool (*wanted)(void *ctx, uint32_t pid), void *ctx, struct quic **ret);
void quic__free(struct quic *q); /* NULL is fine */

/* Takes a first packet in. True: *ret says of a connection what is known; its strings live until
 * the next call. A connection that could not be told to be of a wanted process is not told of. */
bool quic__take(struct quic *q, const struct event_hello *e, struct capture_unseen *ret);

/* The process that has a UDP socket with that local port, among those that wanted() accepts; 0:
 * none is found. Reads /proc. */
uint32_t quic__owner(const struct quic *q, uint16_t port);

#endif

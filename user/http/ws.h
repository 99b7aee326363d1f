/* SPDX-License-Identifier: Apache-2.0 */
/* ws.h: WebSocket (RFC 6455) with permessage-deflate (RFC 7692), over HTTP/1 and HTTP/2. Turns the
 * bytes of both sides into messages. No I/O, clock, globals or logging; the same result at every
 * split of the input. */
#ifndef LLMSNOOP_WS_H
#define LLMSNOOP_WS_H

#include <stdbool.h>
#include <stdint.h>

#include "http/msg.h"

struct limits;
struct ws;

/* A session that was agreed upon. extensions: the answer's Sec-WebSocket-Extensions (empty: none
 * was agreed). ops->message and ops->gap are called with x; all are borrowed for its life.
 * -ENOMEM. */
int ws__new(struct span extensions, const struct http_msg_ops *ops, void *x,
	    const struct limits *lim, struct ws **ret);
/* Bytes of one side, in order. 0; -EBADMSG: these are no frames: nothing may be fed after;
 * -ENOMEM. */
int ws__feed(struct ws *w, enum side side, struct span in, uint64_t ts_ns);
/* Bytes of that side are missing (0: unknown how many). Goes on if the place of the next frame and
 * the state of the inflater are known, else that side tells nothing more. */
void ws__gap(struct ws *w, enum side side, uint64_t lost, uint64_t ts_ns);
/* Did that side say goodbye (a close frame)? */
bool ws__closed(const struct ws *w, enum side side);
void ws__free(struct ws *w); /* NULL is fine */

#endif

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

/* What the answer to a handshake says of extensions (its Sec-WebSocket-Extensions); borrowed from
 * it. */
struct span ws__extensions(const struct http_head *answer);

/* A session that was agreed upon. extensions: as above (empty: none was agreed); where one that is
 * not understood is among them, a side with bytes is told as a gap and nothing else. ops->message
 * and ops->gap are called with x; all but extensions are borrowed for its life. -ENOMEM. */
int ws__new(struct span extensions, const struct http_msg_ops *ops, void *x,
	    const struct limits *lim, struct ws **ret);

/* Bytes of one side, in order. 0; -EBADMSG: these are no frames: nothing may be fed after;
 * -ENOMEM. A message that cannot be inflated (or past the limits of that) is torn, as by a loss:
 * its rest is not told, but a gap is. So is each later message of that side that refers to it. */
int ws__feed(struct ws *w, enum side side, struct span in, uint64_t ts_ns);

/* Bytes of that side are missing (0: unknown how many). The message that they are of is torn. Goes
 * on where they are all of one frame's payload, since then the place of the next frame is known;
 * else that side tells nothing more. */
void ws__gap(struct ws *w, enum side side, uint64_t lost, uint64_t ts_ns);

/* Did that side say goodbye (a close frame)? What it sends after is not read. */
bool ws__closed(const struct ws *w, enum side side);

/* What to tell as the end where the transport ended for why: HTTP_END_OK after a goodbye;
 * HTTP_END_LOST where a side's place is lost; else why (RFC 6455, 7.1.5: an abnormal closure, but
 * only whoever knows what the messages mean can say whether anything was still to come). */
enum http_end ws__end(const struct ws *w, enum http_end why);

void ws__free(struct ws *w); /* NULL is fine */

#endif

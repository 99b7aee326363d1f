/* SPDX-License-Identifier: Apache-2.0 */
/* h2.h: HTTP/2 (RFC 9113), watched from aside: both directions, from any point on, across losses.
 *
 * What is told never rests on a guess. Where header compression (RFC 7541) refers to what was said
 * before the connection was met, or in a loss, the field is not known, and said to be so. */
#ifndef LLMSNOOP_H2_H
#define LLMSNOOP_H2_H

#include "http/h1.h"

/* Its ctx is a struct http1_ctx. The client is known by its preface (RFC 9113, 3.4), the server by
 * the SETTINGS frame that it must begin with; met in its middle, by frames with headers. feed
 * returns -EBADMSG where the preface is none, -ENOMEM. */
extern const struct protocol http2_protocol;

/* A connection that HTTP/1 handed over after a 101 with "Upgrade: h2c" (RFC 7540, 3.2). Both sides
 * go on with their first byte after the HTTP/1 messages; the request side has the preface there. x
 * is that of the exchange which is now stream 1 (NULL: not wanted): its request and request_end
 * were told, its answer and its end will be told by the new state, which all members of
 * http2_protocol take. ctx, conn and lim are borrowed for its life. On -ENOMEM x stays the
 * caller's to end. */
int h2__open_upgraded(const struct http1_ctx *ctx, const struct conn *conn,
		      const struct limits *lim, void *x, void **ret);

#endif

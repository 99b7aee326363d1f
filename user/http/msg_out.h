/* SPDX-License-Identifier: Apache-2.0 */
/* msg_out.h: hands the decoded bytes of a body to its exchange. For the versions of HTTP. */
#ifndef LLMSNOOP_MSG_OUT_H
#define LLMSNOOP_MSG_OUT_H

#include "http/coding.h"
#include "http/msg.h"

struct msg_out {
	const struct http_msg_ops *ops;
	void *x;
};

static inline void msg_out__request(void *ctx, struct span s, uint64_t wire, uint64_t ts_ns)
{
	const struct msg_out *o = ctx;

	o->ops->request_body(o->x, s, wire, ts_ns);
}

static inline void msg_out__response(void *ctx, struct span s, uint64_t wire, uint64_t ts_ns)
{
	const struct msg_out *o = ctx;

	o->ops->response_body(o->x, s, wire, ts_ns);
}

/* By enum side. */
static const decoder_out msg_outs[] = {
	[SIDE_REQUEST] = msg_out__request,
	[SIDE_RESPONSE] = msg_out__response,
};

#endif

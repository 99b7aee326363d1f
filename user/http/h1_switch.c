// SPDX-License-Identifier: Apache-2.0
/* What a connection becomes when it stops being HTTP/1. */
#include <errno.h>

#include "http/h1_conn.h"
#include "http/h2.h"
#include "http/ws.h"

static const struct span websocket = SPAN_LIT("websocket");

/* HTTP/1 is over on both sides, with all of its exchanges but e. */
static void stop(struct h1 *h, const struct exchange *e, uint64_t ts_ns)
{
	struct exchange *at, *next;

	for (at = h->first; at; at = next) {
		next = at->next;
		if (!e || at != e)
			exchange__end(h, at, HTTP_END_PROTOCOL, ts_ns);
	}
	h1_side__resync(&h->side[SIDE_REQUEST]);
	h1_side__resync(&h->side[SIDE_RESPONSE]);
}

void h1_switch__leave(struct h1 *h, struct exchange *e, struct span protocol, uint64_t ts_ns)
{
	if (e->x)
		h->ctx->ops->upgrade(e->x, protocol, ts_ns);
	exchange__end(h, e, HTTP_END_OK, ts_ns);
	exchange__end_all(h, HTTP_END_PROTOCOL, ts_ns);
	h->upgraded = true;
}

static int to_ws(struct h1 *h, struct exchange *e, const struct http_head *head, uint64_t ts_ns)
{
	struct ws *ws;
	int err = ws__new(ws__extensions(head), h->ctx->ops, e->x, h->lim, &ws);

	if (err)
		return err;
	h->after = ws;
	e->response_begun = true;
	h->ctx->ops->upgrade(e->x, websocket, ts_ns);
	stop(h, e, ts_ns);
	return 0;
}

/* RFC 7540, 3.2: stream 1 has the answer to this request. */
static int to_h2(struct h1 *h, struct exchange *e, uint64_t ts_ns)
{
	int err = h2__open_upgraded(h->ctx, h->conn, h->lim, e->x, &h->after);

	if (err)
		return err;
	h->is_h2 = true;
	e->x = NULL;
	stop(h, NULL, ts_ns);
	return 0;
}

int h1_switch__101(struct h1 *h, struct exchange *e, const struct http_head *head, uint64_t ts_ns)
{
	struct span to = http_head__get(head, "upgrade");

	/* RFC 9110, 7.8: the request's body comes first. */
	if (e->request_done && span_ieq(to, SPAN_LIT("h2c")))
		return to_h2(h, e, ts_ns);
	if (e->x)
		h->ctx->ops->response(e->x, head, h->side[SIDE_RESPONSE].first_ns, ts_ns);
	if (e->x && e->request_done && span_ieq(to, websocket))
		return to_ws(h, e, head, ts_ns);
	h1_switch__leave(h, e, to, ts_ns);
	return -ESHUTDOWN;
}

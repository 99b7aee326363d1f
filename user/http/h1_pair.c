// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>

#include "http/h1_conn.h"
#include "base/limits.h"

/* Unwanted requests whose answers were never seen, before the oldest are forgotten: on a quiet
 * connection the answers are not copied, so none will come, and its state has to stay small. */
#define STALE_MAX 2

void exchange__end(struct h1 *h, struct exchange *e, enum http_end why, uint64_t ts_ns)
{
	struct exchange **at = &h->first;
	int side;

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	if (!*at)
		h->tail = at;
	h->n_open--;
	for (side = SIDE_REQUEST; side <= SIDE_RESPONSE; side++) {
		if (h->side[side].e == e) {
			h->side[side].e = NULL;
			h1_body__drop(&h->side[side].body);
		}
	}
	/* Once it is answered, what became of the rest of the request does not matter. */
	if (e->x && !h->ctx->ops->end(e->x, e->response_done ? HTTP_END_OK : why, ts_ns))
		h->last_unwanted |= !e->next;
	free(e);
}

void exchange__end_all(struct h1 *h, enum http_end why, uint64_t ts_ns)
{
	while (h->first)
		exchange__end(h, h->first, why, ts_ns);
}

static void end_if(struct h1 *h, bool (*is)(const struct exchange *e), uint64_t ts_ns)
{
	struct exchange *e, *next;

	for (e = h->first; e; e = next) {
		next = e->next;
		if (is(e))
			exchange__end(h, e, HTTP_END_LOST, ts_ns);
	}
}

static bool answer_lost(const struct exchange *e)
{
	return e->response_gap;
}

static bool answer_begun(const struct exchange *e)
{
	return e->response_begun && !e->response_done;
}

/* What a request head says of the requests before it. */
static void settle(struct h1 *h, uint64_t ts_ns)
{
	const struct h1_side *request = &h->side[SIDE_REQUEST];
	struct h1_side *response = &h->side[SIDE_RESPONSE];
	const struct exchange *e;
	bool lost = false, due = false;

	for (e = h->first; e; e = e->next) {
		lost |= e->response_gap;
		if (e->response_done || e->response_gap)
			continue;
		due = true;
		/* The answers of unwanted requests may not have been copied; but what comes
		 * within a call was sent in one breath. */
		h->pipelined |= e->x || !request->begins_call;
	}
	/* Without pipelining, who asks again has got his answer. */
	end_if(h, answer_lost, ts_ns);
	if (h->pipelined) {
		h->unpairable |= lost || h->request_lost;
		return;
	}
	if (!due && (response->state == H1_BODY || response->head))
		h1_side__resync(response); /* it was an answer to nobody, or misread */
}

static void trim(struct h1 *h, uint64_t ts_ns)
{
	const struct exchange *e;

	if (h->pipelined || h->n_open < STALE_MAX)
		return;
	for (e = h->first; e; e = e->next)
		if (e->x || e->response_begun || !e->request_done)
			return;
	exchange__end(h, h->first, HTTP_END_OK, ts_ns);
	h->trimmed = true;
}

int pair__request(struct h1 *h, uint64_t ts_ns, struct exchange **ret)
{
	struct exchange *e;

	settle(h, ts_ns);
	trim(h, ts_ns);
	if (h->n_open >= h->lim->pipeline || h->n_open == UINT16_MAX)
		return -E2BIG;
	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	e->unsure = h->unpairable || (h->request_lost && h->first);
	h->request_lost = false;
	*h->tail = e;
	h->tail = &e->next;
	h->n_open++;
	*ret = e;
	return 0;
}

/* The answer after a loss: only the newest request can be due, if it is clear that there was no
 * other. */
static struct exchange *after_loss(struct h1 *h, uint64_t ts_ns)
{
	struct exchange *e, *newest = NULL, *next;
	unsigned int due = 0;

	end_if(h, answer_begun, ts_ns);
	for (e = h->first; e; e = e->next) {
		if (!e->response_begun) {
			newest = e;
			due++;
		}
	}
	if (h->request_lost || (h->pipelined && due > 1) || (newest && newest->unsure)) {
		h->unpairable |= h->pipelined;
		exchange__end_all(h, HTTP_END_LOST, ts_ns);
		return NULL;
	}
	for (e = h->first; e; e = next) {
		next = e->next;
		if (e != newest && !e->response_done)
			exchange__end(h, e, HTTP_END_LOST, ts_ns);
	}
	if (newest)
		newest->response_gap = false;
	return newest;
}

struct exchange *pair__response(struct h1 *h, uint64_t ts_ns)
{
	struct exchange *e;

	if (h->trimmed) {
		/* It was copied after all: then the forgotten ones are answered here. */
		h->trimmed = false;
		h->pipelined = h->unpairable = true;
	}
	if (h->response_lost && !h->unpairable) {
		h->response_lost = false;
		return after_loss(h, ts_ns);
	}
	for (e = h->first; e && e->response_done;)
		e = e->next;
	if (h->unpairable || (e && e->unsure)) {
		exchange__end_all(h, HTTP_END_LOST, ts_ns);
		return NULL;
	}
	return e && !e->response_begun ? e : NULL;
}

void pair__lost(struct h1 *h, enum side side)
{
	struct exchange *e;

	if (side == SIDE_REQUEST) {
		h->request_lost = true;
		return;
	}
	h->response_lost = true;
	for (e = h->first; e; e = e->next)
		e->response_gap |= !e->response_done;
}

void pair__quiet(struct h1 *h, uint64_t ts_ns)
{
	while (h->first && !h->first->x)
		exchange__end(h, h->first, HTTP_END_OK, ts_ns);
	h->trimmed = false;
	if (h->first && !h->unpairable)
		h->first->unsure = false;
}

void h1_side__resync(struct h1_side *s)
{
	h1_head__free(s->head);
	s->head = NULL;
	free(s->first);
	s->first = NULL;
	h1_body__drop(&s->body);
	s->e = NULL;
	s->state = H1_RESYNC;
}

// SPDX-License-Identifier: Apache-2.0
/* Responses over a WebSocket (developers.openai.com, guide "WebSocket mode"; Codex): the client
 * sends
 * {"type":"response.create", …} with the fields of the POST, the server the events of its stream,
 * one response after the other in the order in which they were asked for. */
#include "dialect/openai.h"

/* Asked for and not over. Clients wait for one before they ask for the next. */
#define WAITING_MAX 16

struct session {
	struct openai_response response; /* first: the hooks of the POST use it */
	uint32_t waiting[WAITING_MAX];	 /* turns, the oldest first; 0: reported as none */
	unsigned int n;
	struct text id; /* of the response to the oldest, once it is known */
};

static bool match(const struct http_head *h, struct span path)
{
	return span_ends(path, SPAN_LIT("/responses")) && openai__is_websocket(h);
}

static void wait_for(struct session *s, uint32_t turn)
{
	s->waiting[s->n++] = turn;
}

static void asked(struct dialect_reader *r)
{
	struct session *s = r->own;
	struct openai_response *q = &s->response;

	if (!q->create || s->n == WAITING_MAX) {
		wire__drop(r, SIDE_REQUEST);
	} else if (q->prewarm) {
		/* Nothing will be generated. */
		wire__drop(r, SIDE_REQUEST);
		wait_for(s, 0);
	} else {
		wire__turn_begin(r, r->message_ns[SIDE_REQUEST]);
		wait_for(s, r->turn);
		openai_response__asked(r);
	}
	q->create = q->prewarm = q->model = q->input = false;
	q->session.n = q->thread.n = q->parent_thread.n = q->cache_key.n = 0;
}

static void over(struct session *s)
{
	memmove(s->waiting, s->waiting + 1, --s->n * sizeof(s->waiting[0]));
	s->response.deltas = false;
	s->id.n = 0;
}

/* Another response than the one under way: the end of that was lost. */
static void end_lost(struct dialect_reader *r)
{
	struct session *s = r->own;
	struct span id = text__span(&r->last[LAST_ID]);

	if (!s->n || !s->id.n || !id.n || span_eq(id, text__span(&s->id)))
		return;
	r->turn = s->waiting[0];
	if (r->turn)
		wire__number(r, FACT_TURN_END, 1);
	over(s);
}

static void answered(struct dialect_reader *r)
{
	struct session *s = r->own;
	struct openai_response *a = &s->response;
	bool last = a->event == OPENAI_EVENT_FINAL || a->event == OPENAI_EVENT_ERROR;

	end_lost(r);
	/* The request was lost. */
	if (!s->n && a->event == OPENAI_EVENT_CREATED) {
		wire__turn_begin(r, r->message_ns[SIDE_RESPONSE]);
		wait_for(s, r->turn);
	}
	if (s->n && r->last[LAST_ID].n)
		s->id = r->last[LAST_ID];
	r->turn = s->n ? s->waiting[0] : 0;
	if (!r->turn || a->event == OPENAI_EVENT_NONE) {
		wire__drop(r, SIDE_RESPONSE);
		a->event = OPENAI_EVENT_OTHER;
	}
	if (!last || !s->n)
		return;
	wire__turn_end(r);
	over(s);
}

static void message(struct dialect_reader *r, enum side side)
{
	if (side == SIDE_REQUEST)
		asked(r);
	else
		answered(r);
}

const struct dialect dialect_openai_responses_ws = {
	.api = "openai.responses",
	.operation = "chat",
	.flavour = "openai",
	.method = "GET",
	.weak = true,
	.session = true,
	.own_size = sizeof(struct session),
	.match = match,
	.begin = openai_response__begin,
	.request = &openai_response_request,
	.answer = &openai_response_answer,
	.request_value = openai_response__request_value,
	.answer_value = openai_response__answer_value,
	.document = openai_response__document,
	.message = message,
};

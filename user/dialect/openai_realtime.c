// SPDX-License-Identifier: Apache-2.0
/* OpenAI's Realtime (developers.openai.com, API reference "Realtime"), also xAI's and Azure's,
 * Voice Live included; names of events as in the beta and since. A response is asked for by the
 * client, or the server begins one when it hears that speech has stopped. Several may be under way:
 * response_id tells them apart. What transcriptions of the input cost is not read. */
#include "dialect/openai.h"

enum {
	OWN_TYPE = OPENAI_OWN,
	OWN_EVENT_ID, /* of a client's event */
	OWN_RESULT_TYPE,
	OWN_RESULT_ID,
	OWN_MODEL,
	OWN_RESPONSE_ID,
	OWN_FAILED_EVENT_ID,
	OWN_STATUS,
	OWN_REASON,
	OWN_DELTA,
	OWN_ITEM,
	OWN_ITEM_TYPE,
	OWN_MODALITY,
};

/* Responses under way at once; what is asked for beyond is not followed. */
#define OPEN_MAX 16

/* A response that was asked for and has no id yet, or one that is under way. */
struct open {
	uint32_t turn;
	struct text id; /* of the client's event; of the response */
};

struct realtime {
	struct open asked[OPEN_MAX], open[OPEN_MAX]; /* the oldest first */
	unsigned int n_asked, n_open;
	uint64_t heard_ns; /* when speech stopped; 0: not since the last response */
	/* the message that is read */
	struct text type, event_id, result_id, model;	/* client; the model either side's */
	struct text name, response_id, failed_event_id; /* server; name: its type */
	struct text status, reason;
	bool result, delta, audio;
};

/* --- the client's events --- */

static const struct json_path modalities[] = {JSON_EACH(OWN_MODALITY, JSON_SCALAR)};
static const struct json_path tool_in[] = {JSON_PATH("name", FACT_TOOLS_OFFERED, JSON_SEEN)};
static const struct json_path tools_in[] = {JSON_EACH_KIDS(0, 0, tool_in)};
/* Of the session, or of one response. */
static const struct json_path settings[] = {
	JSON_KIDS("tools", 0, 0, tools_in),
	JSON_PATH("temperature", FACT_REQUEST_TEMPERATURE, JSON_SCALAR),
	JSON_PATH("max_output_tokens", FACT_REQUEST_MAX_TOKENS, JSON_SCALAR),
	JSON_PATH("max_response_output_tokens", FACT_REQUEST_MAX_TOKENS, JSON_SCALAR),
	JSON_KIDS("output_modalities", 0, 0, modalities),
	JSON_KIDS("modalities", 0, 0, modalities),
};
static const struct json_path item_in[] = {
	JSON_PATH("type", OWN_RESULT_TYPE, JSON_SCALAR),
	JSON_PATH("call_id", OWN_RESULT_ID, JSON_SCALAR),
};
static const struct json_path client_top[] = {
	JSON_PATH("type", OWN_TYPE, JSON_SCALAR), JSON_PATH("event_id", OWN_EVENT_ID, JSON_SCALAR),
	JSON_KIDS("session", 0, 0, settings),	  JSON_KIDS("response", 0, 0, settings),
	JSON_KIDS("item", 0, 0, item_in),
};
static const struct json_path client = JSON_ROOT(client_top);

/* --- the server's --- */

static const struct json_path item[] = {
	JSON_PATH("type", OWN_ITEM_TYPE, JSON_SCALAR),
	JSON_PATH("call_id", WIRE_TOOL_ID, JSON_SCALAR),
	JSON_PATH("name", WIRE_TOOL_NAME, JSON_SCALAR),
};
static const struct json_path items[] = {JSON_EACH_KIDS(OWN_ITEM, JSON_ENTER | JSON_LEAVE, item)};
static const struct json_path details[] = {
	JSON_PATH("reason", OWN_REASON, JSON_SCALAR),
	JSON_KIDS("error", WIRE_ERROR, JSON_SCALAR, wire_error),
};
static const struct json_path response[] = {
	JSON_PATH("id", OWN_RESPONSE_ID, JSON_SCALAR), JSON_PATH("status", OWN_STATUS, JSON_SCALAR),
	JSON_KIDS("status_details", 0, 0, details),    JSON_KIDS("output", 0, 0, items),
	JSON_KIDS("usage", 0, 0, openai_usage),
};
static const struct json_path session[] = {JSON_PATH("model", OWN_MODEL, JSON_SCALAR)};
static const struct json_path error[] = {
	JSON_PATH("type", WIRE_ERROR_TYPE, JSON_SCALAR),
	JSON_PATH("code", WIRE_ERROR_CODE, JSON_SCALAR),
	JSON_PATH("message", WIRE_ERROR_MESSAGE, JSON_SCALAR),
	JSON_PATH("event_id", OWN_FAILED_EVENT_ID, JSON_SCALAR),
};
static const struct json_path server_top[] = {
	JSON_PATH("type", OWN_TYPE, JSON_SCALAR),
	JSON_PATH("response_id", OWN_RESPONSE_ID, JSON_SCALAR),
	JSON_PATH("delta", OWN_DELTA, JSON_SEEN),
	JSON_KIDS("response", 0, 0, response),
	JSON_KIDS("session", 0, 0, session),
	JSON_KIDS("error", WIRE_ERROR, JSON_SCALAR, error),
};
static const struct json_path server = JSON_ROOT(server_top);

/* --- values --- */

static bool match(const struct http_head *h, struct span path)
{
	return span_ends(path, SPAN_LIT("/realtime")) && openai__is_websocket(h);
}

/* The model, or Azure's name of it, stands in the query. */
static void begin(struct dialect_reader *r, const struct http_head *h)
{
	struct span rest = h->query, part, name;
	ptrdiff_t end, equals;

	while (rest.n) {
		end = span_find(rest, SPAN_LIT("&"));
		part = end < 0 ? rest : span_head(rest, (size_t)end);
		rest = span_skip(rest, part.n + 1);
		equals = span_find(part, SPAN_LIT("="));
		if (equals < 0)
			continue;
		name = span_head(part, (size_t)equals);
		part = span_skip(part, (size_t)equals + 1);
		if (r->model_told ||
		    (!span_eq(name, SPAN_LIT("model")) && !span_eq(name, SPAN_LIT("deployment"))))
			continue;
		r->model_told = part.n != 0;
		wire__text(r, FACT_REQUEST_MODEL, part, false, 0);
	}
}

static void keep(struct text *t, const struct json_value *v)
{
	if (v->type == JSON_STRING)
		text__set(t, v->text, v->truncated);
}

static void client_value(struct dialect_reader *r, const struct json_value *v)
{
	struct realtime *s = r->own;

	switch (v->id) {
	case OWN_TYPE:
		keep(&s->type, v);
		break;
	case OWN_EVENT_ID:
		keep(&s->event_id, v);
		break;
	case OWN_RESULT_TYPE:
		s->result = v->type == JSON_STRING &&
			    span_eq(v->text, SPAN_LIT("function_call_output"));
		break;
	case OWN_RESULT_ID:
		keep(&s->result_id, v);
		break;
	case OWN_MODALITY:
		s->audio |= v->type == JSON_STRING && span_eq(v->text, SPAN_LIT("audio"));
		break;
	default:
		break;
	}
}

static void server_value(struct dialect_reader *r, const struct json_value *v)
{
	struct realtime *s = r->own;

	switch (v->id) {
	case OWN_TYPE:
		keep(&s->name, v);
		break;
	case OWN_RESPONSE_ID:
		keep(&s->response_id, v);
		break;
	case OWN_FAILED_EVENT_ID:
		keep(&s->failed_event_id, v);
		break;
	case OWN_STATUS:
		keep(&s->status, v);
		break;
	case OWN_REASON:
		keep(&s->reason, v);
		break;
	case OWN_MODEL:
		keep(&s->model, v);
		break;
	case OWN_DELTA:
		s->delta = true;
		break;
	case OWN_ITEM:
		if (v->event == JSON_ENDS && r->is_tool)
			r->damaged |= tools__end(&r->tools, r->lim) < 0;
		tools__begin(&r->tools);
		r->is_tool = false;
		break;
	case OWN_ITEM_TYPE:
		r->is_tool = v->type == JSON_STRING && span_eq(v->text, SPAN_LIT("function_call"));
		break;
	default:
		break;
	}
}

/* --- turns --- */

static void add(struct open *list, unsigned int *n, uint32_t turn, const struct text *id)
{
	if (*n == OPEN_MAX)
		return;
	list[*n].turn = turn;
	list[(*n)++].id = *id;
}

static uint32_t take(struct open *list, unsigned int *n, unsigned int i)
{
	uint32_t turn = list[i].turn;

	memmove(list + i, list + i + 1, (--*n - i) * sizeof(*list));
	return turn;
}

/* The place of the response, or n_open. */
static unsigned int find(const struct realtime *s, const struct text *id)
{
	unsigned int i;

	for (i = 0; i < s->n_open; i++)
		if (span_eq(text__span(&s->open[i].id), text__span(id)))
			break;
	return i;
}

static bool is(const struct text *t, const char *name)
{
	return span_eq(text__span(t), span_str(name));
}

static void client_message(struct dialect_reader *r)
{
	struct realtime *s = r->own;

	/* Settings of the session and results count for what is asked for next. */
	r->turn = 0;
	if (is(&s->type, "response.create")) {
		wire__prove(r);
		if (s->n_asked + s->n_open < OPEN_MAX) {
			wire__turn_begin(r, r->message_ns[SIDE_REQUEST]);
			add(s->asked, &s->n_asked, r->turn, &s->event_id);
		} else {
			wire__drop(r, SIDE_REQUEST);
		}
	} else if (is(&s->type, "conversation.item.create") && s->result) {
		wire__text(r, FACT_TOOL_RESULT_ID, text__span(&s->result_id),
			   s->result_id.truncated, 0);
	}
	if (s->audio)
		wire__text(r, FACT_REQUEST_OUTPUT_TYPE, SPAN_LIT("speech"), false, 0);
	s->type.n = s->event_id.n = s->result_id.n = 0;
	s->result = s->audio = false;
}

/* The turn of the response that this message is of; it begins with it if nobody asked for it. */
static void of_response(struct dialect_reader *r)
{
	struct realtime *s = r->own;
	unsigned int i = find(s, &s->response_id);

	if (i < s->n_open) {
		r->turn = s->open[i].turn;
		return;
	}
	if (!is(&s->name, "response.created") && !is(&s->name, "response.done"))
		return;
	if (s->n_asked)
		r->turn = take(s->asked, &s->n_asked, 0);
	else if (s->n_open < OPEN_MAX)
		wire__turn_begin(r, s->heard_ns ? s->heard_ns : r->message_ns[SIDE_RESPONSE]);
	else
		return;
	s->heard_ns = 0;
	add(s->open, &s->n_open, r->turn, &s->response_id);
	wire__text(r, FACT_RESPONSE_ID, text__span(&s->response_id), s->response_id.truncated, 0);
}

static void finish(struct dialect_reader *r)
{
	struct realtime *s = r->own;
	bool incomplete = is(&s->status, "incomplete") && s->reason.n;
	const struct text *why = incomplete ? &s->reason : &s->status;

	wire__text(r, FACT_FINISH_REASON, text__span(why), why->truncated, 0);
	r->errors.object |= is(&s->status, "failed");
	r->done = true;
	wire__turn_end(r);
	take(s->open, &s->n_open, find(s, &s->response_id));
}

/* An error is of the event that it names. Where neither has an id, it is of the oldest response
 * that was asked for: errors of other events are rare, and nothing would end that turn. */
static void failed(struct dialect_reader *r)
{
	struct realtime *s = r->own;
	unsigned int i;

	for (i = 0; i < s->n_asked; i++)
		if (span_eq(text__span(&s->asked[i].id), text__span(&s->failed_event_id)))
			break;
	if (i == s->n_asked)
		return;
	r->turn = take(s->asked, &s->n_asked, i);
	r->errors.object = true;
	wire__turn_end(r);
}

static void server_message(struct dialect_reader *r)
{
	struct realtime *s = r->own;
	struct span name = text__span(&s->name);

	r->turn = 0;
	if (span_starts(name, SPAN_LIT("response."))) {
		wire__prove(r);
		of_response(r);
		r->output = s->delta && span_ends(name, SPAN_LIT(".delta"));
		if (r->turn && is(&s->name, "response.done"))
			finish(r);
	} else if (is(&s->name, "session.created") || is(&s->name, "session.updated")) {
		wire__prove(r);
		if (!r->model_told)
			wire__text(r, FACT_REQUEST_MODEL, text__span(&s->model), false, 0);
		wire__text(r, FACT_RESPONSE_MODEL, text__span(&s->model), s->model.truncated, 0);
	} else if (is(&s->name, "input_audio_buffer.speech_stopped") ||
		   (is(&s->name, "input_audio_buffer.committed") && !s->heard_ns)) {
		s->heard_ns = r->message_ns[SIDE_RESPONSE];
	} else if (is(&s->name, "error")) {
		failed(r);
	}
	if (!r->turn)
		wire__drop(r, SIDE_RESPONSE);
	tools__resolve(&r->tools, 0, false);
	s->name.n = s->response_id.n = s->failed_event_id.n = 0;
	s->status.n = s->reason.n = s->model.n = 0;
	s->delta = false;
}

static void message(struct dialect_reader *r, enum side side)
{
	if (side == SIDE_REQUEST)
		client_message(r);
	else
		server_message(r);
}

const struct dialect dialect_openai_realtime = {
	.api = "openai.realtime",
	.operation = "chat",
	.flavour = "openai",
	.method = "GET",
	.weak = true,
	.session = true,
	.own_size = sizeof(struct realtime),
	.match = match,
	.begin = begin,
	.request = &client,
	.answer = &server,
	.request_value = client_value,
	.answer_value = server_value,
	.message = message,
};

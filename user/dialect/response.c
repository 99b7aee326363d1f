// SPDX-License-Identifier: Apache-2.0
#include "dialect/response.h"

#include "dialect/shape.h"
#include "dialect/wire.h"

/* What an event's data, or a whole body, begin with. */
enum lead {
	LEAD_BLANK, /* nothing yet */
	LEAD_JSON,
	LEAD_MARK,  /* a prefix of the end mark */
	LEAD_DONE,  /* the end mark */
	LEAD_OTHER, /* not JSON: a keep-alive, a page of HTML. Says nothing. */
};

static const char end_mark[] = "[DONE]";

#define END_MARK_N (sizeof(end_mark) - 1)

static const struct {
	enum fact fact;
	enum wire_part part;
} token_facts[] = {
	{FACT_INPUT_TOKENS, WIRE_INPUT},	   {FACT_OUTPUT_TOKENS, WIRE_OUTPUT},
	{FACT_CACHE_READ_TOKENS, WIRE_CACHE_READ}, {FACT_CACHE_WRITE_TOKENS, WIRE_CACHE_WRITE},
	{FACT_REASONING_TOKENS, WIRE_REASONING},   {FACT_TOTAL_TOKENS, WIRE_TOTAL},
};

static void tell_tokens(struct dialect_reader *r)
{
	int64_t now[WIRE_N_USAGE];
	size_t i;

	if (!r->usage_new)
		return;
	r->usage_new = false;
	memcpy(now, r->usage, sizeof(now));
	if (r->dialect->count)
		r->dialect->count(r, now);
	if (now[0] >= 0 || now[WIRE_OUTPUT - WIRE_INPUT] >= 0)
		now[WIRE_TOTAL - WIRE_INPUT] = -1;
	for (i = 0; i < sizeof(token_facts) / sizeof(token_facts[0]); i++) {
		size_t at = token_facts[i].part - WIRE_INPUT;

		if (now[at] < 0 || now[at] == r->told[at])
			continue;
		r->told[at] = now[at];
		wire__number(r, token_facts[i].fact, now[at]);
	}
}

void response__document(struct dialect_reader *r, bool named_error)
{
	if (r->dialect->document)
		r->dialect->document(r);
	tell_tokens(r);
	tools__tell(r);
	errors__tell(r, named_error);
	errors__begin(&r->errors);
	r->document = false;
}

/* --- messages of the framing --------------------------------------------------------------- */

static int on_begin(void *ctx, struct span name, uint64_t ts_ns)
{
	struct dialect_reader *r = ctx;

	response__begin(r);
	/* A stream for which neither the request nor its type had said so. */
	if (r->body == BODY_FRAMED && r->documents++ && r->several)
		r->streamed = true;
	if (span_starts(name, SPAN_LIT("!"))) {
		text__set(&r->errors.type, span_skip(name, 1), false);
		r->errors.inside = true;
	}
	if (r->dialect->event)
		r->dialect->event(r, name);
	return 0;
}

void response__begin(struct dialect_reader *r)
{
	json_scan__reset(r->answer);
	errors__begin(&r->errors);
	r->lead = LEAD_BLANK;
	r->mark_n = 0;
	memset(r->tail, 0, sizeof(r->tail));
	r->document = false;
	r->output = false;
	r->output_bytes = 0;
	r->done = false;
}

/* The first bytes, until it is known what they begin. Returns what is left of in. */
static struct span lead(struct dialect_reader *r, struct span in)
{
	for (; in.n; in = span_skip(in, 1)) {
		uint8_t c = *in.p;

		if (r->lead == LEAD_BLANK) {
			if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
				continue;
			r->lead = c == '[' && r->streamed ? LEAD_MARK
				  : c == '{' || c == '['  ? LEAD_JSON
							  : LEAD_OTHER;
		}
		if (r->lead != LEAD_MARK)
			break;
		if (c != (uint8_t)end_mark[r->mark_n]) {
			r->lead = LEAD_JSON;
			json_scan__feed(r->answer, span(end_mark, r->mark_n));
			break;
		}
		if (++r->mark_n == END_MARK_N)
			r->lead = LEAD_DONE;
	}
	return in;
}

/* The last bytes of the event's data that are not blank. */
static void keep_tail(struct dialect_reader *r, struct span data)
{
	char last[END_MARK_N];
	size_t n = 0, kept;

	while (data.n && n < END_MARK_N) {
		char c = (char)data.p[--data.n];

		if (c != ' ' && c != '\t' && c != '\n' && c != '\r')
			last[END_MARK_N - ++n] = c;
	}
	kept = END_MARK_N - n;
	memmove(r->tail, r->tail + n, kept);
	memcpy(r->tail + kept, last + kept, n);
}

/* Servers that leave out the empty line have the end mark in the event of their last JSON. */
static bool ends_with_mark(const struct dialect_reader *r)
{
	return r->streamed && json_scan__documents(r->answer) &&
	       !(json_scan__flags(r->answer) & ~(unsigned int)JSON_MALFORMED) &&
	       memcmp(r->tail, end_mark, END_MARK_N) == 0;
}

void response__json(struct dialect_reader *r, struct span data)
{
	if (r->ops->said)
		r->ops->said(r->ctx, SIDE_RESPONSE, data);
	keep_tail(r, data);
	if (r->lead != LEAD_JSON)
		data = lead(r, data);
	if (r->lead == LEAD_JSON)
		json_scan__feed(r->answer, data);
}

static int on_piece(void *ctx, struct span data, uint64_t ts_ns)
{
	struct dialect_reader *r = ctx;

	if (r->dialect->piece)
		r->dialect->piece(r, data);
	else
		response__json(r, data);
	return 0;
}

static int on_end(void *ctx, struct span name, bool complete, uint64_t ts_ns)
{
	struct dialect_reader *r = ctx;
	bool error = span_starts(name, SPAN_LIT("!")) ||
		     (r->streamed && span_eq(name, SPAN_LIT("error")));

	response__end(r, error, complete);
	/* Its checksum was wrong, or it was cut where JSON does not show it. */
	r->damaged |= !complete && r->type == TYPE_AWS;
	return 0;
}

void response__end(struct dialect_reader *r, bool named_error, bool complete)
{
	bool cut = r->lead == LEAD_MARK, marked = false;

	if (r->ops->said_end)
		r->ops->said_end(r->ctx, SIDE_RESPONSE, r->turn);
	if (r->lead == LEAD_JSON) {
		json_scan__finish(r->answer);
		marked = ends_with_mark(r);
		cut = json_scan__flags(r->answer) & JSON_CUT;
		r->damaged |= json_scan__flags(r->answer) != 0 && !marked;
	}
	r->damaged |= cut;
	response__document(r, named_error);
	/* The last event of a stream may lack its empty line; that its data are whole is enough. */
	if (r->streamed && r->output && (complete || !cut))
		wire__number(r, FACT_OUTPUT, r->output_bytes);
	if (r->lead == LEAD_DONE || marked || (r->done && !cut))
		wire__number(r, FACT_DONE, 1);
}

static const struct framing_ops framing_ops = {
	.begin = on_begin,
	.piece = on_piece,
	.end = on_end,
};

/* --- which framing ------------------------------------------------------------------------- */

static const struct {
	const char *name; /* the content type begins with it */
	enum wire_type type;
} types[] = {
	{"text/event-stream", TYPE_SSE},
	{"application/x-ndjson", TYPE_JSON_STREAM},
	{"application/ndjson", TYPE_JSON_STREAM},
	{"application/jsonl", TYPE_JSON_STREAM},
	{"application/x-jsonl", TYPE_JSON_STREAM},
	{"application/stream+json", TYPE_JSON_STREAM},
	{"application/vnd.amazon.eventstream", TYPE_AWS},
};

static void response_head(struct dialect_reader *r, const struct http_head *h, uint64_t ts_ns)
{
	struct span type = http_head__get(h, "content-type");
	size_t i;

	r->ts_ns = ts_ns;
	r->status = h->status;
	r->type = TYPE_OTHER;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct span name = span_str(types[i].name);

		if (span_ieq(span_head(type, name.n), name))
			r->type = types[i].type;
	}
	if (r->dialect->head)
		r->dialect->head(r, h);
}

void dialect_reader__response_head(struct dialect_reader *r, const struct http_head *h,
				   uint64_t ts_ns)
{
	struct dialect_reader *one = NULL;

	while ((one = shape__each(r, one)))
		response_head(one, h, ts_ns);
}

static void frame(struct dialect_reader *r, enum framing_kind kind)
{
	/* A stream that was asked for, or that its type says; an error comes as one document. */
	r->streamed = kind == FRAMING_SSE || kind == FRAMING_AWS ||
		      (kind == FRAMING_JSON && r->status < 400 &&
		       (r->type == TYPE_JSON_STREAM || r->asked_stream == 1));
	r->several = kind == FRAMING_JSON;
	r->body = BODY_FRAMED;
	if (framing__new(kind, &framing_ops, r, r->lim, &r->framing)) {
		r->body = BODY_IGNORED;
		r->damaged = true;
	}
}

/* Are the bytes held back a prefix of a line that only an event stream has? ret_whole: as a whole.
 */
static bool is_sse_line(const struct dialect_reader *r, bool *ret_whole)
{
	static const char *const starts[] = {"data:", "event:", "id:", "retry:", "error:", ":"};
	size_t i, n = r->sniffed_n;

	for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		*ret_whole = n == strlen(starts[i]);
		if (n <= strlen(starts[i]) && memcmp(r->sniffed, starts[i], n) == 0)
			return true;
	}
	return false;
}

static void feed(struct dialect_reader *r, struct span body, uint64_t ts_ns)
{
	if (r->body == BODY_FRAMED)
		r->damaged |= framing__feed(r->framing, body, ts_ns) < 0;
}

/* Tells the framing by the first bytes that are not blank, whatever the header says: both lies are
 * on record, JSON errors under text/event-stream and streams under application/json. Returns what
 * is left of in; the bytes held back are r->sniffed. */
static struct span sniff(struct dialect_reader *r, struct span in)
{
	bool whole;

	for (; in.n && r->body == BODY_UNSEEN; in = span_skip(in, 1)) {
		uint8_t c = *in.p;

		if (!r->sniffed_n && (c == '{' || c == '[')) {
			frame(r, r->type == TYPE_JSON_STREAM || r->dialect->json_stream
					 ? FRAMING_JSON
					 : FRAMING_WHOLE);
			return in;
		}
		/* No text begins so; the length of an event-stream frame does. */
		if (!r->sniffed_n && !c) {
			r->type = TYPE_AWS;
			frame(r, FRAMING_AWS);
			return in;
		}
		if (!r->sniffed_n && (c == ' ' || c == '\t' || c == '\r' || c == '\n'))
			continue;
		/* A byte-order mark, which both framings drop. */
		if (!r->sniffed_n && (c == 0xEF || c == 0xBB || c == 0xBF))
			continue;
		r->sniffed[r->sniffed_n++] = (char)c;
		if (!is_sse_line(r, &whole)) {
			if (r->type == TYPE_SSE)
				frame(r, FRAMING_SSE);
			else
				r->body = BODY_IGNORED;
		} else if (whole) {
			frame(r, FRAMING_SSE);
		}
	}
	return in;
}

static void read_response(struct dialect_reader *r, struct span body, uint64_t ts_ns)
{
	r->ts_ns = ts_ns;
	if (r->body == BODY_UNSEEN) {
		body = sniff(r, body);
		if (r->sniffed_n)
			feed(r, span(r->sniffed, r->sniffed_n), ts_ns);
	}
	feed(r, body, ts_ns);
}

void dialect_reader__response(struct dialect_reader *r, struct span body, uint64_t ts_ns)
{
	struct dialect_reader *one = NULL;

	while ((one = shape__each(r, one)))
		read_response(one, body, ts_ns);
}

static void response_gap(struct dialect_reader *r, uint64_t lost, uint64_t ts_ns)
{
	r->ts_ns = ts_ns;
	r->damaged = true;
	if (r->body == BODY_UNSEEN) {
		r->body = BODY_IGNORED;
		if (r->type == TYPE_SSE)
			frame(r, FRAMING_SSE);
		else if (r->type == TYPE_JSON_STREAM ||
			 (r->dialect->json_stream && r->asked_stream == 1))
			frame(r, FRAMING_JSON);
	}
	if (r->body == BODY_FRAMED)
		framing__gap(r->framing, lost, ts_ns);
	/* A lost event may have replaced any of these: only what is said again counts. */
	for (size_t i = 0; i < WIRE_N_USAGE; i++)
		r->usage[i] = r->told[i] = -1;
}

void dialect_reader__response_gap(struct dialect_reader *r, uint64_t lost, uint64_t ts_ns)
{
	struct dialect_reader *one = NULL;

	while ((one = shape__each(r, one)))
		response_gap(one, lost, ts_ns);
}

static void response_end(struct dialect_reader *r, uint64_t ts_ns)
{
	r->ts_ns = ts_ns;
	if (r->body == BODY_FRAMED)
		framing__finish(r->framing, ts_ns);
	/* What was held back began no line that says anything. */
	r->body = BODY_IGNORED;
}

void dialect_reader__response_end(struct dialect_reader *r, uint64_t ts_ns)
{
	struct dialect_reader *one = NULL;

	while ((one = shape__each(r, one)))
		response_end(one, ts_ns);
}

// SPDX-License-Identifier: Apache-2.0
#include "call/outcome.h"

#include <math.h>
#include <stdio.h>

/* What the end of the exchange says of the call where the answer was not complete. */
static const char *const error_of[] = {
	[HTTP_END_OK] = NULL,
	[HTTP_END_CLIENT] = "cancelled",
	[HTTP_END_SERVER] = "connection_reset",
	[HTTP_END_PROCESS] = "process_exit",
	[HTTP_END_LOST] = NULL, /* not the call's failure */
	[HTTP_END_PROTOCOL] = "protocol_error",
	[HTTP_END_CAPTURE] = NULL,
	[HTTP_END_UNANSWERED] = "connection_closed",
};

static void drop_output(struct call *c)
{
	c->output_tokens = -1;
	c->total_tokens = -1;
	c->reasoning_tokens = -1;
	c->output_parts = call_unknown.output_parts;
	c->web_searches = c->search_units = c->batch_requests = -1;
	c->audio_seconds = NAN;
	c->cost_nusd = -1;
	c->cost_source = NULL;
}

static void drop_usage(struct call *c)
{
	drop_output(c);
	c->input_tokens = -1;
	c->cache_read_tokens = -1;
	c->cache_write_tokens = c->cache_write_5m_tokens = c->cache_write_1h_tokens = -1;
	c->tool_use_tokens = -1;
	c->input_parts = call_unknown.input_parts;
	c->cache_read_parts = call_unknown.cache_read_parts;
}

/* Half a document whose compression broke: no checksum vouches for any of it. */
static void drop_answer(struct call_open *x)
{
	x->c.response_id = x->c.response_model = NULL;
	x->c.service_tier = x->c.system_fingerprint = NULL;
	x->finish.n = 0;
	x->n_tools = 0;
}

void outcome__gap(struct call_open *x)
{
	if (!x->c.done)
		drop_usage(&x->c);
}

static const char *error_type_of(struct call_open *x, enum http_end why, bool complete)
{
	char text[12];

	if (x->c.error_type)
		return x->c.error_type;
	if (x->c.status >= 400) {
		snprintf(text, sizeof(text), "%d", x->c.status);
		return call_open__text(x, span_str(text));
	}
	/* The fallback of the OpenTelemetry conventions for error.type. */
	if (x->error_said)
		return "_OTHER";
	return complete ? NULL : error_of[why];
}

/* Every choice that was asked for said why it ended. */
static bool finished(const struct call_open *x)
{
	int64_t want = x->c.choices > 1 ? x->c.choices : 1;
	unsigned int i, have = 0;

	for (i = 0; i < x->finish.n; i++)
		have += x->finish.v[i] != NULL;
	return have >= want;
}

void outcome__judge(struct call_open *x, enum http_end why)
{
	struct call *c = &x->c;
	bool damaged = x->damaged && !x->request_damaged && !c->opaque;
	/* A stream is complete by its own word: some clients hang up at the end mark, some
	 * providers send none. Of a whole document HTTP says it, and the document itself: a
	 * compressed one whose last block or checksum is missing still was read to its end. */
	bool complete = c->streamed && (c->done || finished(x));
	bool final;

	/* A lost tail may have held a later word than the one that was seen. */
	if (c->streamed)
		final = why == HTTP_END_LOST ? c->done : complete;
	else
		final = why == HTTP_END_OK && !(x->response_flags & HTTP_BODY_GAP) && !damaged;

	c->error_type = error_type_of(x, why, complete);
	if (x->request_flags || x->response_flags)
		c->truncated = true;
	if (why != HTTP_END_OK && !(c->streamed && c->done))
		c->truncated = true;
	if (c->streamed && !complete && !c->error_type && !c->opaque)
		c->truncated = true;
	/* The page that a proxy answers with is often no JSON, and has nothing to lose. */
	if ((damaged && !(c->status >= 400)) || (x->request_damaged && !c->opaque))
		c->truncated = true;

	if (final)
		return;
	if (!c->streamed && damaged && (x->response_flags & HTTP_BODY_CODING))
		drop_answer(x);
	/* What was asked is counted at the start, what was answered only at the end: Anthropic's
	 * first event has a running count of the output. */
	if (c->streamed && why != HTTP_END_LOST)
		drop_output(c);
	else
		drop_usage(c);
}

// SPDX-License-Identifier: Apache-2.0
#include "call/facts.h"

#include <math.h>
#include <stddef.h>

#include "base/limits.h"

/* Makes room for position i of a list that may hold max. */
static bool list_reach(struct call_open *x, void **v, unsigned int *cap, size_t size,
		       unsigned int i, unsigned int max)
{
	unsigned int want = *cap ? *cap * 2 : 4;
	void *p;

	if (i < *cap)
		return true;
	if (i >= max) {
		x->c.truncated = true;
		return false;
	}
	if (want <= i)
		want = i + 1;
	if (want > max)
		want = max;
	p = arena__alloc(&x->arena, want * size);
	if (!p) {
		x->c.truncated = true;
		return false;
	}
	if (*cap)
		memcpy(p, *v, *cap * size);
	*v = p;
	*cap = want;
	return true;
}

static void list_set(struct call_open *x, struct text_list *l, unsigned int i, unsigned int max,
		     struct span s)
{
	if (!list_reach(x, (void **)&l->v, &l->cap, sizeof(*l->v), i, max))
		return;
	call_open__set_text(x, &l->v[i], s);
	if (i >= l->n)
		l->n = i + 1;
}

struct fact_field {
	void (*set)(struct call_open *x, void *field, const struct fact_value *v, uint64_t ts_ns);
	size_t offset; /* of the field in struct call_open */
};

static void set_text(struct call_open *x, void *field, const struct fact_value *v, uint64_t ts_ns)
{
	if (v->truncated)
		x->c.truncated = true;
	if (v->text.n)
		call_open__set_text(x, field, v->text);
}

static void set_number(struct call_open *x, void *field, const struct fact_value *v, uint64_t ts_ns)
{
	*(int64_t *)field = v->number;
}

/* Counts: what is negative is no count. */
static void set_count(struct call_open *x, void *field, const struct fact_value *v, uint64_t ts_ns)
{
	if (v->number >= 0)
		*(int64_t *)field = v->number;
}

static void set_flag(struct call_open *x, void *field, const struct fact_value *v, uint64_t ts_ns)
{
	*(int *)field = v->number != 0;
}

static void set_amount(struct call_open *x, void *field, const struct fact_value *v, uint64_t ts_ns)
{
	if (v->real >= 0)
		*(double *)field = v->real;
}

static void set_real(struct call_open *x, void *field, const struct fact_value *v, uint64_t ts_ns)
{
	*(double *)field = v->real;
}

#define COST_USD_MAX 1e9 /* of one call that is believed */

static void set_cost(struct call_open *x, void *field, const struct fact_value *v, uint64_t ts_ns)
{
	if (!(v->real >= 0 && v->real < COST_USD_MAX))
		return;
	x->c.cost_nusd = llround(v->real * 1e9);
	x->c.cost_source = "provider";
}

static void set_upstream_cost(struct call_open *x, void *field, const struct fact_value *v,
			      uint64_t ts_ns)
{
	if (v->real >= 0 && v->real < COST_USD_MAX)
		x->upstream_nusd = llround(v->real * 1e9);
}

static void add_text(struct call_open *x, void *field, const struct fact_value *v, uint64_t ts_ns)
{
	struct text_list *l = field;

	if (v->truncated)
		x->c.truncated = true;
	if (l->old)
		l->n = 0;
	l->old = false;
	list_set(x, l, l->n, x->lim->finish_reasons, v->text);
}

static void set_finish(struct call_open *x, void *field, const struct fact_value *v, uint64_t ts_ns)
{
	if (v->truncated)
		x->c.truncated = true;
	if (v->text.n)
		list_set(x, field, v->index, x->lim->finish_reasons, v->text);
}

/* A long conversation brings all its results again with each request: the latest join it to the
 * call before. */
static void add_tool_result(struct call_open *x, void *field, const struct fact_value *v,
			    uint64_t ts_ns)
{
	unsigned int max = x->lim->tool_calls, at = x->next_tool_result;
	struct text_list *l = field;

	if (!v->text.n || !max)
		return;
	if (at < l->n)
		x->c.tool_results_cut = true;
	list_set(x, l, at, max, v->text);
	x->next_tool_result = (at + 1) % max;
}

static void add_result_text(struct call_open *x, void *field, const struct fact_value *v,
			    uint64_t ts_ns)
{
	struct text_list *l = field;

	if (v->text.n && l->n < x->lim->tool_calls)
		list_set(x, l, l->n, x->lim->tool_calls, v->text);
}

static void set_tool(struct call_open *x, void *field, const struct fact_value *v, uint64_t ts_ns)
{
	struct call_tool *t;

	if (v->truncated)
		x->c.truncated = true;
	if (!list_reach(x, (void **)&x->tools, &x->tools_cap, sizeof(*x->tools), v->index,
			x->lim->tool_calls))
		return;
	t = &x->tools[v->index];
	if (v->text.n)
		call_open__set_text(x, &t->name, v->text);
	if (v->id.n)
		call_open__set_text(x, &t->id, v->id);
	if (v->index >= x->n_tools)
		x->n_tools = v->index + 1;
}

static void set_arguments(struct call_open *x, void *field, const struct fact_value *v,
			  uint64_t ts_ns)
{
	if (v->index < x->n_tools)
		x->tools[v->index].arguments = (uint64_t)v->number;
}

static void add_output(struct call_open *x, void *field, const struct fact_value *v, uint64_t ts_ns)
{
	timing__output(field, x->lim, ts_ns);
	if (v->number > 0)
		x->output_bytes += (uint64_t)v->number;
	else
		x->unsized_outputs++;
}

static void set_error_type(struct call_open *x, void *field, const struct fact_value *v,
			   uint64_t ts_ns)
{
	x->error_said = true;
	set_text(x, field, v, ts_ns);
}

static void set_error_said(struct call_open *x, void *field, const struct fact_value *v,
			   uint64_t ts_ns)
{
	x->error_said = true;
}

static void set_true(struct call_open *x, void *field, const struct fact_value *v, uint64_t ts_ns)
{
	*(bool *)field = v->number != 0;
}

static void set_done(struct call_open *x, void *field, const struct fact_value *v, uint64_t ts_ns)
{
	x->c.done = true;
}

#define OF_CALL(member) offsetof(struct call_open, c.member)
#define OF_OPEN(member) offsetof(struct call_open, member)

static const struct fact_field fields[FACT_MAX] = {
	[FACT_REQUEST_MODEL] = {set_text, OF_CALL(request_model)},
	[FACT_REQUEST_STREAM] = {set_flag, OF_CALL(stream)},
	[FACT_REQUEST_MAX_TOKENS] = {set_count, OF_CALL(max_tokens)},
	[FACT_REQUEST_TEMPERATURE] = {set_real, OF_CALL(temperature)},
	[FACT_REQUEST_TOP_P] = {set_real, OF_CALL(top_p)},
	[FACT_REQUEST_TOP_K] = {set_count, OF_CALL(top_k)},
	[FACT_REQUEST_SEED] = {set_number, OF_CALL(seed)},
	[FACT_REQUEST_CHOICES] = {set_count, OF_CALL(choices)},
	[FACT_REQUEST_FREQUENCY_PENALTY] = {set_real, OF_CALL(frequency_penalty)},
	[FACT_REQUEST_PRESENCE_PENALTY] = {set_real, OF_CALL(presence_penalty)},
	[FACT_REQUEST_STOP] = {add_text, OF_OPEN(stop)},
	[FACT_REQUEST_REASONING] = {set_text, OF_CALL(reasoning_level)},
	[FACT_REQUEST_OUTPUT_TYPE] = {set_text, OF_CALL(output_type)},
	[FACT_REQUEST_SERVICE_TIER] = {set_text, OF_CALL(request_service_tier)},
	[FACT_REQUEST_DIMENSIONS] = {set_count, OF_CALL(dimensions)},
	[FACT_REQUEST_ENCODING_FORMAT] = {add_text, OF_OPEN(formats)},
	[FACT_PREVIOUS_RESPONSE_ID] = {set_text, OF_CALL(previous_response_id)},
	[FACT_CONVERSATION_ID] = {set_text, OF_CALL(conversation_id)},
	[FACT_AGENT_ID] = {set_text, OF_OPEN(asker.id)},
	[FACT_AGENT_PARENT] = {set_text, OF_OPEN(asker.parent)},
	[FACT_AGENT_NAME] = {set_text, OF_OPEN(asker.name)},
	[FACT_TOOL_RESULT_ID] = {add_tool_result, OF_OPEN(tool_results)},
	[FACT_TOOL_RESULT_NAME] = {add_result_text, OF_OPEN(named_results)},
	[FACT_TOOL_RESULT_ERROR] = {add_result_text, OF_OPEN(failed_results)},
	[FACT_TOOLS_OFFERED] = {set_true, OF_OPEN(offers_tools)},
	[FACT_MCP_METHOD] = {set_text, OF_CALL(mcp_method)},
	[FACT_MCP_TOOL] = {set_text, OF_CALL(mcp_tool)},
	[FACT_MCP_RESOURCE] = {set_text, OF_CALL(mcp_resource)},
	[FACT_MCP_REQUEST_ID] = {set_text, OF_CALL(mcp_request_id)},
	[FACT_MCP_SESSION_ID] = {set_text, OF_CALL(mcp_session_id)},
	[FACT_MCP_PROTOCOL] = {set_text, OF_CALL(mcp_protocol)},
	[FACT_RESPONSE_MODEL] = {set_text, OF_CALL(response_model)},
	[FACT_RESPONSE_ID] = {set_text, OF_CALL(response_id)},
	[FACT_INPUT_TOKENS] = {set_count, OF_CALL(input_tokens)},
	[FACT_OUTPUT_TOKENS] = {set_count, OF_CALL(output_tokens)},
	[FACT_CACHE_READ_TOKENS] = {set_count, OF_CALL(cache_read_tokens)},
	[FACT_CACHE_WRITE_TOKENS] = {set_count, OF_CALL(cache_write_tokens)},
	[FACT_REASONING_TOKENS] = {set_count, OF_CALL(reasoning_tokens)},
	[FACT_CACHE_WRITE_5M_TOKENS] = {set_count, OF_CALL(cache_write_5m_tokens)},
	[FACT_CACHE_WRITE_1H_TOKENS] = {set_count, OF_CALL(cache_write_1h_tokens)},
	[FACT_TOOL_USE_TOKENS] = {set_count, OF_CALL(tool_use_tokens)},
	[FACT_INPUT_TEXT_TOKENS] = {set_count, OF_CALL(input_parts.text)},
	[FACT_INPUT_IMAGE_TOKENS] = {set_count, OF_CALL(input_parts.image)},
	[FACT_INPUT_AUDIO_TOKENS] = {set_count, OF_CALL(input_parts.audio)},
	[FACT_CACHE_READ_TEXT_TOKENS] = {set_count, OF_CALL(cache_read_parts.text)},
	[FACT_CACHE_READ_IMAGE_TOKENS] = {set_count, OF_CALL(cache_read_parts.image)},
	[FACT_CACHE_READ_AUDIO_TOKENS] = {set_count, OF_CALL(cache_read_parts.audio)},
	[FACT_OUTPUT_TEXT_TOKENS] = {set_count, OF_CALL(output_parts.text)},
	[FACT_OUTPUT_IMAGE_TOKENS] = {set_count, OF_CALL(output_parts.image)},
	[FACT_OUTPUT_AUDIO_TOKENS] = {set_count, OF_CALL(output_parts.audio)},
	[FACT_COUNTED_TOKENS] = {set_count, OF_CALL(counted_tokens)},
	[FACT_WEB_SEARCHES] = {set_count, OF_CALL(web_searches)},
	[FACT_SEARCH_CONTEXT] = {set_text, OF_CALL(search_context)},
	[FACT_SPEED] = {set_text, OF_CALL(speed)},
	[FACT_SEARCH_UNITS] = {set_count, OF_CALL(search_units)},
	[FACT_BATCH_REQUESTS] = {set_count, OF_CALL(batch_requests)},
	[FACT_AUDIO_SECONDS] = {set_amount, OF_CALL(audio_seconds)},
	[FACT_TOTAL_TOKENS] = {set_count, OF_CALL(total_tokens)},
	[FACT_BLOCK_REASON] = {set_text, OF_CALL(block_reason)},
	[FACT_COMPACTED] = {set_true, OF_CALL(compacted)},
	[FACT_PENDING] = {set_true, OF_CALL(pending)},
	[FACT_FINISH_REASON] = {set_finish, OF_OPEN(finish)},
	[FACT_TOOL_CALL] = {set_tool, 0},
	[FACT_TOOL_ARGUMENTS] = {set_arguments, 0},
	[FACT_SERVICE_TIER] = {set_text, OF_CALL(service_tier)},
	[FACT_SYSTEM_FINGERPRINT] = {set_text, OF_CALL(system_fingerprint)},
	[FACT_COST_USD] = {set_cost, 0},
	[FACT_COST_BYOK] = {set_true, OF_OPEN(byok)},
	[FACT_COST_UPSTREAM] = {set_upstream_cost, 0},
	[FACT_UPSTREAM] = {set_text, OF_CALL(upstream)},
	[FACT_OUTPUT] = {add_output, OF_OPEN(timing)},
	[FACT_ERROR_TYPE] = {set_error_type, OF_CALL(error_type)},
	[FACT_ERROR_MESSAGE] = {set_error_said, 0},
	[FACT_DONE] = {set_done, 0},
};

void facts__set(struct call_open *x, enum fact fact, const struct fact_value *v, uint64_t ts_ns)
{
	const struct fact_field *f;

	if ((unsigned int)fact >= FACT_MAX)
		return;
	f = &fields[fact];
	if (f->set)
		f->set(x, (char *)x + f->offset, v, ts_ns);
}

static void inherit_list(struct call_open *x, struct text_list *to, const struct text_list *from,
			 unsigned int max)
{
	unsigned int i;

	for (i = 0; i < from->n; i++)
		if (from->v[i])
			list_set(x, to, i, max, span_str(from->v[i]));
}

void facts__inherit(struct call_open *x, struct call_open *s)
{
	const char **text;
	size_t i;

	x->c = s->c;
	x->asker = s->asker;
	x->c.lost_bytes = x->c.request_bytes = x->c.response_bytes = 0;
	x->c.ttfc_ns = -1;
	/* These were of the handshake. */
	x->c.processing_ms = x->c.attempt = -1;
	x->c.server_ttft_s = x->c.retry_after_s = NAN;
	/* The session's texts are overwritten in place when they are told again. */
	for (i = 0; i < FACT_MAX; i++) {
		if (fields[i].set != set_text)
			continue;
		text = (const char **)(void *)((char *)x + fields[i].offset);
		if (*text)
			*text = call_open__text(x, span_str(*text));
	}
	inherit_list(x, &x->stop, &s->stop, x->lim->finish_reasons);
	inherit_list(x, &x->formats, &s->formats, x->lim->finish_reasons);
	inherit_list(x, &x->tool_results, &s->tool_results, x->lim->tool_calls);
	inherit_list(x, &x->failed_results, &s->failed_results, x->lim->tool_calls);
	inherit_list(x, &x->named_results, &s->named_results, x->lim->tool_calls);
	x->next_tool_result = s->next_tool_result;
	x->offers_tools = s->offers_tools;
	/* They were brought for this turn, not for those after it. */
	s->named_results.n = 0;
	s->tool_results.n = s->failed_results.n = s->next_tool_result = 0;
	s->c.tool_results_cut = false;
}

static unsigned int without_holes(const char **v, unsigned int n)
{
	unsigned int i, kept = 0;

	for (i = 0; i < n; i++)
		if (v[i])
			v[kept++] = v[i];
	return kept;
}

/* Puts the oldest kept result first. */
static void unroll(struct call_open *x)
{
	struct text_list *l = &x->tool_results;
	unsigned int i, n = l->n, from = x->next_tool_result % (n ? n : 1);
	const char **v;

	if (!x->c.tool_results_cut || !from)
		return;
	v = arena__alloc(&x->arena, n * sizeof(*v));
	if (!v)
		return; /* their order tells nothing that matters */
	for (i = 0; i < n; i++)
		v[i] = l->v[(from + i) % n];
	l->v = v;
}

void facts__finish(struct call_open *x)
{
	unsigned int i, kept = 0;

	unroll(x);
	/* With a key of one's own the gateway's figure is its fee alone. */
	if (x->byok && x->c.cost_nusd >= 0)
		x->c.cost_nusd += x->upstream_nusd;
	x->byok = false;
	x->c.n_finish_reasons = without_holes(x->finish.v, x->finish.n);
	x->c.finish_reasons = x->finish.v;
	x->c.n_stop_sequences = without_holes(x->stop.v, x->stop.n);
	x->c.stop_sequences = x->stop.v;
	x->c.n_encoding_formats = without_holes(x->formats.v, x->formats.n);
	x->c.encoding_formats = x->formats.v;
	x->c.n_tool_results = without_holes(x->tool_results.v, x->tool_results.n);
	x->c.tool_results = x->tool_results.v;
	for (i = 0; i < x->n_tools; i++)
		if (x->tools[i].name || x->tools[i].id)
			x->tools[kept++] = x->tools[i];
	x->c.n_tool_calls = kept;
	x->c.tool_calls = x->tools;
}

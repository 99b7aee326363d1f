// SPDX-License-Identifier: Apache-2.0
/* Reads the two bodies of one exchange: which framing, which documents, which facts. What a path
 * means is in the providers' tables; what several of them share is in tools, results and errors. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/json_number.h"
#include "dialect/response.h"
#include "dialect/shape.h"
#include "dialect/wire.h"
#include "framing/multipart.h"
#include "base/limits.h"

/* What a fact's value is made of. FACT_BOOL: 0 or 1. */
enum fact_kind {
	KIND_NONE,
	KIND_TEXT,
	KIND_NUMBER,
	KIND_BOOL,
	KIND_REAL,
	KIND_SEEN, /* it is there: 1 */
};

static const uint8_t kinds[FACT_MAX] = {
	[FACT_REQUEST_MODEL] = KIND_TEXT,
	[FACT_REQUEST_STREAM] = KIND_BOOL,
	[FACT_REQUEST_MAX_TOKENS] = KIND_NUMBER,
	[FACT_REQUEST_TEMPERATURE] = KIND_REAL,
	[FACT_REQUEST_TOP_P] = KIND_REAL,
	[FACT_REQUEST_TOP_K] = KIND_NUMBER,
	[FACT_REQUEST_SEED] = KIND_NUMBER,
	[FACT_REQUEST_CHOICES] = KIND_NUMBER,
	[FACT_REQUEST_FREQUENCY_PENALTY] = KIND_REAL,
	[FACT_REQUEST_PRESENCE_PENALTY] = KIND_REAL,
	[FACT_REQUEST_STOP] = KIND_TEXT,
	[FACT_REQUEST_REASONING] = KIND_TEXT,
	[FACT_REQUEST_OUTPUT_TYPE] = KIND_TEXT,
	[FACT_REQUEST_SERVICE_TIER] = KIND_TEXT,
	[FACT_REQUEST_DIMENSIONS] = KIND_NUMBER,
	[FACT_REQUEST_ENCODING_FORMAT] = KIND_TEXT,
	[FACT_PREVIOUS_RESPONSE_ID] = KIND_TEXT,
	[FACT_CONVERSATION_ID] = KIND_TEXT,
	[FACT_AGENT_ID] = KIND_TEXT,
	[FACT_AGENT_PARENT] = KIND_TEXT,
	[FACT_AGENT_NAME] = KIND_TEXT,
	[FACT_TOOLS_OFFERED] = KIND_SEEN,
	[FACT_MCP_METHOD] = KIND_TEXT,
	[FACT_MCP_TOOL] = KIND_TEXT,
	[FACT_MCP_RESOURCE] = KIND_TEXT,
	[FACT_MCP_PROTOCOL] = KIND_TEXT,
	[FACT_RESPONSE_MODEL] = KIND_TEXT,
	[FACT_RESPONSE_ID] = KIND_TEXT,
	[FACT_SERVICE_TIER] = KIND_TEXT,
	[FACT_SYSTEM_FINGERPRINT] = KIND_TEXT,
	[FACT_COST_USD] = KIND_REAL,
	[FACT_COST_BYOK] = KIND_BOOL,
	[FACT_COST_UPSTREAM] = KIND_REAL,
	[FACT_UPSTREAM] = KIND_TEXT,
	[FACT_CACHE_WRITE_5M_TOKENS] = KIND_NUMBER,
	[FACT_CACHE_WRITE_1H_TOKENS] = KIND_NUMBER,
	[FACT_TOOL_USE_TOKENS] = KIND_NUMBER,
	[FACT_INPUT_TEXT_TOKENS] = KIND_NUMBER,
	[FACT_INPUT_IMAGE_TOKENS] = KIND_NUMBER,
	[FACT_INPUT_AUDIO_TOKENS] = KIND_NUMBER,
	[FACT_CACHE_READ_TEXT_TOKENS] = KIND_NUMBER,
	[FACT_CACHE_READ_IMAGE_TOKENS] = KIND_NUMBER,
	[FACT_CACHE_READ_AUDIO_TOKENS] = KIND_NUMBER,
	[FACT_OUTPUT_TEXT_TOKENS] = KIND_NUMBER,
	[FACT_OUTPUT_IMAGE_TOKENS] = KIND_NUMBER,
	[FACT_OUTPUT_AUDIO_TOKENS] = KIND_NUMBER,
	[FACT_COUNTED_TOKENS] = KIND_NUMBER,
	[FACT_BLOCK_REASON] = KIND_TEXT,
	[FACT_WEB_SEARCHES] = KIND_NUMBER,
	[FACT_SEARCH_CONTEXT] = KIND_TEXT,
	[FACT_SPEED] = KIND_TEXT,
	[FACT_SEARCH_UNITS] = KIND_NUMBER,
	[FACT_BATCH_REQUESTS] = KIND_NUMBER,
	[FACT_AUDIO_SECONDS] = KIND_REAL,
};

/* Texts that each event repeats are told when they change: their places in last[], from 1. */
static const uint8_t repeated[FACT_MAX] = {
	[FACT_RESPONSE_MODEL] = 1 + LAST_MODEL,
	[FACT_RESPONSE_ID] = 1 + LAST_ID,
	[FACT_SERVICE_TIER] = 1 + LAST_SERVICE_TIER,
	[FACT_SYSTEM_FINGERPRINT] = 1 + LAST_FINGERPRINT,
};

void wire__tell(struct dialect_reader *r, enum fact fact, const struct fact_value *v)
{
	struct fact_value of_turn = *v;

	if (r->holding) {
		turns__hold(r, fact, v);
		return;
	}
	of_turn.turn = r->turn;
	r->ops->fact(r->ctx, fact, &of_turn, r->ts_ns);
}

void wire__text(struct dialect_reader *r, enum fact fact, struct span text, bool truncated,
		uint32_t index)
{
	struct fact_value v = {.text = text, .index = index, .truncated = truncated};

	if (text.n)
		wire__tell(r, fact, &v);
}

void wire__number(struct dialect_reader *r, enum fact fact, int64_t n)
{
	struct fact_value v = {.number = n};

	if (fact == FACT_REQUEST_STREAM)
		r->asked_stream = n != 0;
	wire__tell(r, fact, &v);
}

void wire__real(struct dialect_reader *r, enum fact fact, double n)
{
	struct fact_value v = {.real = n};

	wire__tell(r, fact, &v);
}

/* A fact that is told as it stands. A value of another type than the fact's is not understood and
 * so absent. */
static void plain_fact(struct dialect_reader *r, const struct json_value *v)
{
	enum fact fact = (enum fact)v->id;
	struct text *last;
	double real;

	switch (kinds[fact]) {
	case KIND_TEXT:
		if (v->type != JSON_STRING || !v->text.n)
			return;
		if (repeated[fact]) {
			last = &r->last[repeated[fact] - 1];
			if (span_eq(text__span(last), v->text))
				return;
			text__set(last, v->text, v->truncated);
		}
		r->model_told |= fact == FACT_REQUEST_MODEL;
		wire__text(r, fact, v->text, v->truncated, 0);
		return;
	case KIND_NUMBER:
		if (v->type == JSON_NUMBER && v->integral)
			wire__number(r, fact, v->number);
		return;
	case KIND_BOOL:
		if (v->type == JSON_TRUE || v->type == JSON_FALSE)
			wire__number(r, fact, v->type == JSON_TRUE);
		return;
	case KIND_REAL:
		if (v->type == JSON_NUMBER && !v->truncated && !json_number__real(v->text, &real))
			wire__real(r, fact, real);
		return;
	case KIND_SEEN:
		if (!r->tools_told)
			wire__number(r, fact, 1);
		r->tools_told = true;
		return;
	default:
		return;
	}
}

static void request_value(struct dialect_reader *r, const struct json_value *v)
{

	if (v->id < FACT_MAX)
		plain_fact(r, v);
	else if (v->id >= WIRE_MESSAGES && v->id <= WIRE_RESULT_FAILED)
		r->damaged |= !results__value(r, v);
	else if (r->dialect->request_value)
		r->dialect->request_value(r, v);
}

static int on_request_value(void *ctx, const struct json_value *v)
{
	request_value(ctx, v);
	return 0;
}

static void tool_value(struct dialect_reader *r, const struct json_value *v)
{
	int err = 0;

	if (v->id == WIRE_TOOL_INDEX) {
		if (v->type == JSON_NUMBER && v->integral && v->number >= 0)
			tools__index(&r->tools, v->number);
	} else if (v->id == WIRE_TOOL_ID) {
		err = tools__id(&r->tools, v);
	} else {
		err = tools__name(&r->tools, v);
	}
	r->damaged |= err < 0;
}

static int on_answer_value(void *ctx, const struct json_value *v)
{
	struct dialect_reader *r = ctx;

	if (v->event == JSON_EXISTS && v->number < INT64_MAX - r->output_bytes)
		r->output_bytes += v->number;
	if (v->id < FACT_MAX) {
		plain_fact(r, v);
	} else if (v->id < WIRE_USAGE_END) {
		if (v->type == JSON_NUMBER && v->integral && v->number >= 0) {
			USAGE(r, v->id) = v->number;
			r->usage_new = true;
			r->proved = true;
		}
	} else if (v->id <= WIRE_TOP_OBJECT) {
		errors__value(&r->errors, v);
	} else if (v->id >= WIRE_TOOL_INDEX && v->id <= WIRE_TOOL_NAME) {
		tool_value(r, v);
	} else if (r->dialect->answer_value) {
		r->dialect->answer_value(r, v);
	}
	return 0;
}

static int on_document(void *ctx)
{
	struct dialect_reader *r = ctx;

	/* Several documents in one message: events that lost the empty lines between them. */
	if (r->document) {
		response__document(r, false);
		if (r->streamed && r->output)
			wire__number(r, FACT_OUTPUT, r->output_bytes);
		r->output = false;
		r->output_bytes = 0;
	}
	r->document = true;
	return 0;
}

static const struct json_ops request_ops = {.value = on_request_value};
static const struct json_ops answer_ops = {.value = on_answer_value, .begin = on_document};

/* %XX is what it stands for; anything else stands for itself. */
static void decode(struct text *t, struct span in)
{
	uint8_t out[TEXT_MAX + 1];
	size_t n = 0, i;
	unsigned int byte;
	char hex[3] = "";

	for (i = 0; i < in.n && n < sizeof(out); i++) {
		out[n++] = in.p[i];
		if (in.p[i] != '%' || in.n - i < 3)
			continue;
		memcpy(hex, in.p + i + 1, 2);
		if (strspn(hex, "0123456789abcdefABCDEF") != 2)
			continue;
		byte = (unsigned int)strtoul(hex, NULL, 16);
		out[n - 1] = (uint8_t)byte;
		i += 2;
	}
	text__set(t, span(out, n), false);
}

/* --- a form -------------------------------------------------------------------------------- */

static void on_field_begin(void *ctx, struct span name, bool file)
{
	struct dialect_reader *r = ctx;
	const struct wire_field *f;

	r->field_id = 0;
	r->field = (struct text){0};
	for (f = r->dialect->form; !file && f->name; f++)
		if (span_eq(name, span_str(f->name)))
			r->field_id = f->id;
}

static void on_field_piece(void *ctx, struct span data)
{
	struct dialect_reader *r = ctx;

	if (r->field_id)
		text__add(&r->field, data);
}

/* A field's value is as JSON would have it, but for the quotes. */
static void on_field_end(void *ctx, bool complete)
{
	struct dialect_reader *r = ctx;
	struct json_value v = {
		.id = r->field_id,
		.event = JSON_IS,
		.type = JSON_STRING,
		.text = text__span(&r->field),
		.truncated = r->field.truncated,
	};

	r->damaged |= !complete;
	if (!r->field_id || !complete)
		return;
	if (v.id < FACT_MAX && kinds[v.id] == KIND_BOOL) {
		v.type = span_ieq(v.text, SPAN_LIT("true")) ? JSON_TRUE : JSON_FALSE;
	} else if (v.id < FACT_MAX && kinds[v.id] != KIND_TEXT) {
		bool integer = false;

		if (!json_number__valid(v.text, &integer))
			return;
		v.type = JSON_NUMBER;
		v.integral = json_number__integral(v.text, integer, &v.number);
	}
	request_value(r, &v);
}

static const struct multipart_ops form_ops = {
	.begin = on_field_begin,
	.piece = on_field_piece,
	.end = on_field_end,
};

static const struct json_path nothing = {0};

static int request_parser(struct dialect_reader *r, struct span content_type)
{
	const struct dialect *d = r->dialect;
	int err = d->form ? multipart__new(content_type, &form_ops, r, r->lim, &r->form) : 0;

	if (err && err != -EINVAL)
		return err;
	return json_scan__new(d->request ? d->request : &nothing, &request_ops, r, r->lim,
			      &r->request);
}

int dialect_reader__new(const struct dialect *d, const struct http_head *request,
			const struct dialect_ops *ops, void *ctx, const struct limits *lim,
			struct dialect_reader **ret)
{
	struct dialect_reader *r = calloc(1, sizeof(*r));
	struct span path = request->path, model;
	size_t i;
	int err;

	if (!r)
		return -ENOMEM;
	r->dialect = d;
	r->provider = dialect__provider(d, host__of(request->authority), path);
	r->ops = ops;
	r->ctx = ctx;
	r->lim = lim;
	for (i = 0; i < WIRE_N_USAGE; i++)
		r->usage[i] = r->told[i] = -1;
	r->choice.index = -1;
	r->asked_stream = -1;
	r->proved = !d->weak || host__provider(host__of(request->authority), path);
	tools__begin(&r->tools);
	results__init(&r->results, lim);
	buf__init(&r->held[SIDE_REQUEST], lim->held_bytes);
	buf__init(&r->held[SIDE_RESPONSE], lim->held_bytes);
	err = request_parser(r, http_head__get(request, "content-type"));
	if (!err)
		err = json_scan__new(d->answer ? d->answer : &nothing, &answer_ops, r, lim,
				     &r->answer);
	if (!err && d->own_size) {
		r->own = calloc(1, d->own_size);
		err = r->own ? 0 : -ENOMEM;
	}
	if (err) {
		dialect_reader__free(r);
		return err;
	}
	if (d->path_model) {
		model = d->path_model(path);
		decode(&r->path_model, model);
	}
	*ret = r;
	session__headers(r, request);
	if (d->begin)
		d->begin(r, request);
	return 0;
}

void dialect_reader__free(struct dialect_reader *r)
{
	if (!r)
		return;
	if (r->own && r->dialect->own_free)
		r->dialect->own_free(r->own);
	free(r->own);
	multipart__free(r->form);
	json_scan__free(r->request);
	json_scan__free(r->answer);
	framing__free(r->framing);
	tools__free(&r->tools);
	results__free(&r->results);
	buf__free(&r->held[SIDE_REQUEST]);
	buf__free(&r->held[SIDE_RESPONSE]);
	free(r);
}

/* --- request ------------------------------------------------------------------------------- */

static void read_request(struct dialect_reader *r, struct span body, uint64_t ts_ns)
{
	r->ts_ns = ts_ns;
	if (r->request_over)
		return;
	if (r->form)
		r->damaged |= multipart__feed(r->form, body) < 0;
	else
		json_scan__feed(r->request, body);
}

void dialect_reader__request(struct dialect_reader *r, struct span body, uint64_t ts_ns)
{
	struct dialect_reader *one = NULL;

	while ((one = shape__each(r, one)))
		read_request(one, body, ts_ns);
}

/* The request is over, or what follows cannot be placed. */
static void request_over(struct dialect_reader *r)
{
	if (r->request_over)
		return;
	r->request_over = true;
	if (r->form)
		multipart__finish(r->form);
	json_scan__finish(r->request);
	r->damaged |= json_scan__flags(r->request) != 0;
	if (r->dialect->asked)
		r->dialect->asked(r);
	if (!r->model_told)
		wire__text(r, FACT_REQUEST_MODEL, text__span(&r->path_model),
			   r->path_model.truncated, 0);
}

static void request_gap(struct dialect_reader *r, uint64_t lost)
{
	r->damaged = true;
	request_over(r);
}

void dialect_reader__request_gap(struct dialect_reader *r, uint64_t lost)
{
	struct dialect_reader *one = NULL;

	while ((one = shape__each(r, one)))
		request_gap(one, lost);
}

static void request_end(struct dialect_reader *r, uint64_t ts_ns)
{
	r->ts_ns = ts_ns;
	request_over(r);
}

void dialect_reader__request_end(struct dialect_reader *r, uint64_t ts_ns)
{
	struct dialect_reader *one = NULL;

	while ((one = shape__each(r, one)))
		request_end(one, ts_ns);
}

void wire__prove(struct dialect_reader *r)
{
	r->proved = true;
}

bool dialect_reader__confirmed(const struct dialect_reader *r)
{
	return shape__found(r)->proved;
}

const struct dialect *dialect_reader__dialect(const struct dialect_reader *r)
{
	return shape__found(r)->dialect;
}

bool dialect_reader__streamed(const struct dialect_reader *r)
{
	return shape__found(r)->streamed;
}

bool dialect_reader__damaged(const struct dialect_reader *r)
{
	return shape__found(r)->damaged;
}

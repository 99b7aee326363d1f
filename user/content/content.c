// SPDX-License-Identifier: Apache-2.0
#include "content/content.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/siphash.h"
#include "content/family.h"
#include "content/put.h"
#include "content/said.h"

/* A control character takes six bytes in JSON; then there are names and brackets. */
#define OUT_MAX(lim) (8 * ((lim)->content_request + (lim)->content_answer))

enum {
	OUT_SYSTEM,
	OUT_INPUT,
	OUT_OUTPUT,
	OUT_TOOLS,
	OUT_ARGUMENTS,
	OUT_RESULT,
	N_OUT,
};

struct content_call {
	const struct content_config *cfg;
	struct buf request; /* as it came */
	struct buf answer;  /* the document under way, and those that nobody could read yet */
	struct said said;
	struct json_doc doc;
	size_t request_at; /* where its latest document begins */
	size_t charged;	   /* of the budget */
	bool cut;
	struct content c;
	struct buf out[N_OUT];
};

struct content_call *content_call__new(const struct content_config *cfg)
{
	struct content_call *x = calloc(1, sizeof(*x));
	int i;

	if (!x)
		return NULL;
	x->cfg = cfg;
	buf__init(&x->request, cfg->lim->content_request);
	buf__init(&x->answer, cfg->lim->content_answer);
	said__init(&x->said, cfg->lim, cfg->mode == CONTENT_FULL);
	json_doc__init(&x->doc, cfg->lim->content_nodes, (uint32_t)cfg->lim->json_depth);
	for (i = 0; i < N_OUT; i++)
		buf__init(&x->out[i], OUT_MAX(cfg->lim));
	return x;
}

/* The budget is of what calls hold while they are open. */
static void charge(struct content_call *x, size_t now)
{
	struct arena_budget *b = x->cfg->budget;

	if (b)
		b->used_bytes += now - x->charged;
	x->charged = now;
}

static size_t held(const struct content_call *x)
{
	return x->request.n + x->answer.n + x->cfg->lim->content_request +
	       x->cfg->lim->content_answer - x->said.left;
}

void content_call__free(struct content_call *x)
{
	int i;

	if (!x)
		return;
	charge(x, 0);
	buf__free(&x->request);
	buf__free(&x->answer);
	said__free(&x->said);
	json_doc__free(&x->doc);
	for (i = 0; i < N_OUT; i++)
		buf__free(&x->out[i]);
	free(x);
}

/* ---- keeping ---- */

static void keep(struct content_call *x, struct buf *to, struct span piece)
{
	const struct arena_budget *b = x->cfg->budget;

	if (b && piece.n > b->max_bytes -
				   (b->used_bytes < b->max_bytes ? b->used_bytes : b->max_bytes)) {
		x->cut = true;
		return;
	}
	if (buf__add_some(to, piece) < (ptrdiff_t)piece.n)
		x->cut = true;
	charge(x, held(x));
}

void content_call__request(struct content_call *x, struct span piece)
{
	if (x)
		keep(x, &x->request, piece);
}

/* Sound that a client sends while it is heard: no words, and much of it. */
static bool is_sound(struct span document)
{
	struct span head = span_head(document, 256);

	return span_find(head, SPAN_LIT("\"input_audio_buffer.")) >= 0 ||
	       (span_find(head, SPAN_LIT("\"realtime")) >= 0 &&
		span_find(head, SPAN_LIT("\"data\"")) >= 0);
}

void content_call__request_end(struct content_call *x)
{
	if (!x || !x->request.n)
		return;
	if (is_sound(span_skip(buf__span(&x->request), x->request_at)))
		x->request.n = x->request_at;
	else
		keep(x, &x->request, SPAN_LIT("\n"));
	x->request_at = x->request.n;
	charge(x, held(x));
}

/* What *from holds moves to *to, whose own goes. */
static void take(struct content_call *x, struct buf *to, struct content_call *y, struct buf *from)
{
	struct buf b;

	if (x) {
		b = *to;
		*to = *from;
		*from = b;
		x->cut |= y->cut;
		charge(x, held(x));
	}
	buf__clear(from);
	y->cut = false;
	charge(y, held(y));
}

void content_call__take_request(struct content_call *x, struct content_call *from)
{
	if (!from)
		return;
	take(x, x ? &x->request : NULL, from, &from->request);
	from->request_at = 0;
}

void content_call__take_answer(struct content_call *x, struct content_call *from)
{
	if (from)
		take(x, x ? &x->answer : NULL, from, &from->answer);
}

void content_call__answer(struct content_call *x, struct span piece)
{
	if (x)
		keep(x, &x->answer, piece);
}

void content_call__lost(struct content_call *x)
{
	if (x)
		x->cut = true;
}

/* ---- reading ---- */

static void read_one(struct content_call *x, const struct content_family *f, bool request)
{
	const struct json_node *root = json_doc__root(&x->doc);
	void (*one)(struct said *, const struct json_doc *, const struct json_node *) =
		request ? f->request : f->answer;

	if (!one)
		return;
	/* An array of answers is as good as one after the other. */
	if (!request && root->type == JSON_NODE_ARRAY) {
		EACH(c, &x->doc, root) one(&x->said, &x->doc, c);
		return;
	}
	if (root->type != JSON_NODE_OBJECT) {
		x->cut |= request;
		return;
	}
	x->cut |= x->doc.cut;
	one(&x->said, &x->doc, root);
}

static bool is_blank(struct span s)
{
	size_t i;

	for (i = 0; i < s.n && strchr(" \t\r\n", s.p[i]) && s.p[i]; i++)
		;
	return i == s.n;
}

/* All documents of text. */
static void read_all(struct content_call *x, const struct content_family *f, struct span text,
		     bool request)
{
	size_t used;

	while (text.n) {
		if (json_doc__parse(&x->doc, text, &used)) {
			/* A form, or what else nobody here reads. */
			x->cut |= request && !is_blank(text);
			return;
		}
		read_one(x, f, request);
		if (x->doc.cut || !used)
			return;
		text = span_skip(text, used);
	}
}

static const struct content_family *family(const char *api)
{
	return api && strcmp(api, "unknown") ? content_family__of(api) : NULL;
}

void content_call__answer_end(struct content_call *x, const char *api)
{
	const struct content_family *f = family(api);

	if (!x || !x->answer.n)
		return;
	if (!f) {
		keep(x, &x->answer, SPAN_LIT("\n"));
		return;
	}
	read_all(x, f, buf__span(&x->answer), false);
	buf__clear(&x->answer);
	charge(x, held(x));
}

/* ---- the end ---- */

static bool chosen(const struct content_config *cfg, const struct call *c)
{
	static const uint8_t key[SIPHASH_KEY_BYTES] = "llmsnoop sample";
	uint64_t h = siphash(key, span(c->trace_id, sizeof(c->trace_id)));

	return (double)(h >> 11) * 0x1p-53 * 100 < cfg->sample_percent;
}

/* Why it is kept, or "no". */
static const char *sample(const struct content_config *cfg, const struct call *c)
{
	if (c->error_type)
		return "error";
	if (cfg->slow_ns && c->duration_ns >= cfg->slow_ns)
		return "slow";
	return chosen(cfg, c) ? "run" : "no";
}

/* Messages that came to nothing: a role alone. */
static void drop_empty(struct said_list *l)
{
	while (l->n && !l->v[l->n - 1].n && !l->v[l->n - 1].finish) {
		l->n--;
		free(l->v[l->n].role);
		free(l->v[l->n].name);
		free(l->v[l->n].parts);
	}
}

static void put_all(struct content_call *x, const struct call *c)
{
	struct said *s = &x->said;
	struct content_put p;
	int err[N_OUT] = {0}, i;
	const char **to[N_OUT] = {
		[OUT_SYSTEM] = &x->c.system_instructions, [OUT_INPUT] = &x->c.input_messages,
		[OUT_OUTPUT] = &x->c.output_messages,	  [OUT_TOOLS] = &x->c.tool_definitions,
		[OUT_ARGUMENTS] = &x->c.tool_arguments,	  [OUT_RESULT] = &x->c.tool_result,
	};

	content_put__init(&p, x->cfg, x->c.secrets);
	p.finish = c->n_finish_reasons && c->finish_reasons[0] ? c->finish_reasons[0]
		   : c->error_type || c->truncated	       ? "error"
							       : "stop";
	drop_empty(&s->output);
	if (s->system.n)
		err[OUT_SYSTEM] = content_put__parts(&p, &s->system, &x->out[OUT_SYSTEM]);
	if (s->input.n)
		err[OUT_INPUT] = content_put__messages(&p, &s->input, false, &x->out[OUT_INPUT]);
	if (s->output.n)
		err[OUT_OUTPUT] = content_put__messages(&p, &s->output, true, &x->out[OUT_OUTPUT]);
	if (s->n_tools)
		err[OUT_TOOLS] = content_put__tools(&p, s->tools, s->n_tools, &x->out[OUT_TOOLS]);
	if (s->arguments.body.n)
		err[OUT_ARGUMENTS] = content_put__body(&p, &s->arguments, &x->out[OUT_ARGUMENTS]);
	if (s->result.body.n)
		err[OUT_RESULT] = content_put__body(&p, &s->result, &x->out[OUT_RESULT]);
	for (i = 0; i < N_OUT; i++) {
		if (x->out[i].n && !err[i])
			err[i] = buf__add(&x->out[i], SPAN_LIT("\0"));
		if (x->out[i].n && !err[i])
			*to[i] = (const char *)x->out[i].p;
		x->c.cut |= err[i] != 0;
	}
	x->c.cut |= p.cut | s->cut | x->cut;
	content_put__free(&p);
}

const struct content *content_call__finish(struct content_call *x, const struct call *c)
{
	const struct content_family *f = family(c->api);

	if (!x)
		return NULL;
	x->c = (struct content){0};
	if (x->cfg->sample_percent >= 0)
		x->c.sampled = sample(x->cfg, c);
	if (x->c.sampled && !strcmp(x->c.sampled, "no"))
		return &x->c;
	if (!f)
		return NULL;
	read_all(x, f, buf__span(&x->request), true);
	read_all(x, f, buf__span(&x->answer), false);
	put_all(x, c);
	return &x->c;
}

// SPDX-License-Identifier: Apache-2.0
#include "sink/otlp/answer.h"

#include <errno.h>

#include "base/arena.h"
#include "base/utf8.h"
#include "sink/otlp/answer.pb-c.h"

/* protobuf-c keeps each unknown field in an allocation of its own: two bytes become fifty. */
#define DECODED_MAX (256 << 10)

static void *take(void *ctx, size_t n)
{
	return arena__alloc(ctx, n);
}

static void leave(void *ctx, void *p)
{
}

struct reading {
	struct arena_budget budget;
	struct arena arena;
	ProtobufCAllocator allocator;
};

static void begin(struct reading *r)
{
	r->budget = (struct arena_budget){.max_bytes = DECODED_MAX};
	arena__init(&r->arena, DECODED_MAX, &r->budget);
	r->allocator = (ProtobufCAllocator){take, leave, &r->arena};
}

static void keep_text(struct span s, struct otlp_answer *ret)
{
	s = utf8__head(s, sizeof(ret->text) - 1);
	if (s.n)
		memcpy(ret->text, s.p, s.n);
	ret->text[s.n] = '\0';
}

int otlp_answer__success(struct span body, struct otlp_answer *ret)
{
	struct reading r;
	Llmsnoop__Otlp__Answer *a;

	*ret = (struct otlp_answer){0};
	if (!body.n) /* nothing to say */
		return 0;
	begin(&r);
	a = llmsnoop__otlp__answer__unpack(&r.allocator, body.n, body.p);
	if (a && a->partial_success) {
		if (a->partial_success->rejected > 0)
			ret->rejected = (uint64_t)a->partial_success->rejected;
		keep_text(span_str(a->partial_success->error_message), ret);
	}
	arena__free(&r.arena);
	return a ? 0 : -EBADMSG;
}

void otlp_answer__failure(struct span body, bool is_protobuf, struct otlp_answer *ret)
{
	struct reading r;
	Llmsnoop__Otlp__Status *s;

	*ret = (struct otlp_answer){0};
	if (!is_protobuf) {
		if (!body.n || !memchr(body.p, 0, body.n))
			keep_text(body, ret);
		return;
	}
	begin(&r);
	s = body.n ? llmsnoop__otlp__status__unpack(&r.allocator, body.n, body.p) : NULL;
	if (s)
		keep_text(span_str(s->message), ret);
	arena__free(&r.arena);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* framing_trace.h: a body through a framing as a line of text: name{data}name for each message, '!'
 * behind one that is incomplete, BROKEN where the framing is; the same however the body is cut. */
#ifndef FRAMING_TRACE_H
#define FRAMING_TRACE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "framing/framing.h"

struct trace {
	char *p;
	size_t n;
	FILE *f;
	uint64_t end_ns;
	uint64_t bytes;
	bool quiet;
	int refuse;
};

static int on_begin(void *ctx, struct span name, uint64_t ts_ns)
{
	struct trace *t = ctx;

	fprintf(t->f, "%.*s{", (int)name.n, (const char *)name.p);
	return 0;
}

static int on_piece(void *ctx, struct span data, uint64_t ts_ns)
{
	struct trace *t = ctx;

	t->bytes += data.n;
	if (!t->quiet)
		fwrite(data.p, 1, data.n, t->f);
	return t->refuse;
}

static int on_end(void *ctx, struct span name, bool complete, uint64_t ts_ns)
{
	struct trace *t = ctx;

	t->end_ns = ts_ns;
	fprintf(t->f, "}%.*s%s ", (int)name.n, (const char *)name.p, complete ? "" : "!");
	return 0;
}

static const struct framing_ops ops = {on_begin, on_piece, on_end};

static inline void start(struct trace *t, enum framing_kind kind, struct framing **f)
{
	*t = (struct trace){0};
	t->f = open_memstream(&t->p, &t->n);
	assert_int_equal(framing__new(kind, &ops, t, &limits_default, f), 0);
}

static inline void feed(struct framing *f, const char *text, size_t n)
{
	char *copy = malloc(n ? n : 1);

	memcpy(copy, text, n);
	framing__feed(f, span(copy, n), 1);
	free(copy);
}

static inline char *finish(struct trace *t, struct framing *f)
{
	if (framing__finish(f, 1))
		fputs("BROKEN ", t->f);
	framing__free(f);
	fclose(t->f);
	return t->p;
}

/* step 0: cut at at. */
static inline char *parse(enum framing_kind kind, const char *text, size_t n, size_t step,
			  size_t at)
{
	struct framing *f;
	struct trace t;
	size_t i;

	start(&t, kind, &f);
	if (!step) {
		feed(f, text, at);
		feed(f, text + at, n - at);
	}
	for (i = 0; step && i < n; i += step)
		feed(f, text + i, step < n - i ? step : n - i);
	return finish(&t, f);
}

/* want NULL: whatever it is whole. */
static inline void splits_are(enum framing_kind kind, const char *text, size_t n, const char *want)
{
	char *whole = parse(kind, text, n, SIZE_MAX / 2, 0), *got;
	size_t step, at;

	if (want)
		assert_string_equal(whole, want);
	for (step = 1; step < 4; step++) {
		got = parse(kind, text, n, step, 0);
		assert_string_equal(got, whole);
		free(got);
	}
	for (at = 0; at <= n; at++) {
		got = parse(kind, text, n, 0, at);
		assert_string_equal(got, whole);
		free(got);
	}
	free(whole);
}

/* before, lost bytes missing, after: whole and per byte. */
static inline void gap_is(enum framing_kind kind, struct span before, uint64_t lost,
			  struct span after, const char *want)
{
	struct framing *f;
	struct trace t;
	size_t step, i;
	char *got;

	for (step = 1; step <= 4096; step += 4095) {
		start(&t, kind, &f);
		for (i = 0; i < before.n; i += step)
			feed(f, (const char *)before.p + i,
			     span_head(span_skip(before, i), step).n);
		assert_int_equal(framing__gap(f, lost, 1), 0);
		for (i = 0; i < after.n; i += step)
			feed(f, (const char *)after.p + i, span_head(span_skip(after, i), step).n);
		got = finish(&t, f);
		assert_string_equal(got, want);
		free(got);
	}
}

#endif

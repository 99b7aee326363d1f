/* SPDX-License-Identifier: Apache-2.0 */
/* session_facts.h: the messages of a WebSocket through a dialect's reader, as a line of text, the
 * same however the messages are cut. For the tests of dialects with sessions. */
#ifndef SESSION_FACTS_H
#define SESSION_FACTS_H

#include "dialect_facts.h"

/* Each message begins with '>' (the client's) or '<' (the server's); one that is nothing else is a
 * gap on that side. The first is at 10 ns, each other 10 later. */
struct session {
	const char *path, *host;
	const char *query;	  /* NULL: none */
	const char *messages[20]; /* to the first NULL */
};

struct session_line {
	FILE *f;
	uint32_t turn;
};

/* "#n" where the facts that follow are of turn n. */
static void session_print(void *ctx, enum fact fact, const struct fact_value *v, uint64_t ts_ns)
{
	struct session_line *line = ctx;
	struct fact_value plain = *v;

	if (v->turn != line->turn)
		fprintf(line->f, "#%u ", v->turn);
	line->turn = v->turn;
	plain.turn = 0;
	if (fact == FACT_TURN_BEGIN)
		fprintf(line->f, "begin=%lld ", (long long)v->number);
	else if (fact == FACT_TURN_END)
		fprintf(line->f, "end=%llu ", (unsigned long long)ts_ns);
	else
		facts_print(line->f, fact, &plain, ts_ns);
}

static void session_message(struct dialect_reader *r, const char *m, uint64_t ns, size_t step,
			    size_t at)
{
	enum side side = *m == '>' ? SIDE_REQUEST : SIDE_RESPONSE;
	size_t n = strlen(++m), i, k;

	if (!n) {
		dialect_reader__message_gap(r, side, 0, ns);
		return;
	}
	for (i = 0; i < n; i += k) {
		k = step ? step : i ? n - i : at;
		k = k && k < n - i ? k : n - i;
		dialect_reader__message(r, side, span(m + i, k), i + k == n, ns);
	}
}

static char *session_once(const struct session *s, size_t step, size_t at)
{
	static const struct dialect_ops ops = {.fact = session_print};
	const struct http_header upgrade = {SPAN_LIT("Upgrade"), SPAN_LIT("websocket")};
	struct http_head q = {
		.method = SPAN_LIT("GET"),
		.path = span_str(s->path),
		.query = span_str(s->query),
		.authority = span_str(s->host),
		.headers = &upgrade,
		.n_headers = 1,
	};
	const struct dialect *d = dialect__match(&q);
	struct session_line line = {0};
	struct dialect_reader *r;
	size_t n, i;
	char *p;

	line.f = open_memstream(&p, &n);
	assert_non_null(d);
	assert_true(dialect__is_session(d));
	assert_int_equal(dialect_reader__new(d, &q, &ops, &line, &limits_default, &r), 0);
	for (i = 0; i < sizeof(s->messages) / sizeof(s->messages[0]) && s->messages[i]; i++)
		session_message(r, s->messages[i], (i + 1) * 10, step, at);
	dialect_reader__free(r);
	fclose(line.f);
	if (n)
		p[n - 1] = 0;
	return p;
}

/* The session tells want, its messages whole and cut. */
static void session_is(const struct session *s, const char *want)
{
	char *whole = session_once(s, SIZE_MAX, 0), *got;
	size_t step, at;

	assert_string_equal(whole, want);
	for (step = 1; step < 4; step++) {
		got = session_once(s, step, 0);
		assert_string_equal(got, whole);
		free(got);
	}
	for (at = 1; at < 300; at++) {
		got = session_once(s, 0, at);
		assert_string_equal(got, whole);
		free(got);
	}
	free(whole);
}

#endif

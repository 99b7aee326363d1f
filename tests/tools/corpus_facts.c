// SPDX-License-Identifier: Apache-2.0
/* Reads exchanges from stdin (exchange.h), prints for each what its dialect reads in it, as one
 * JSON line. For tests/corpus/run.py and for looking at a single exchange by hand. The bodies are
 * fed whole, then byte by byte, then cut at random places by the seed that is their number: all
 * must yield the same facts, which "same" tells. Bodies above SLOW_BYTES are not fed by bytes. */
#include <stdio.h>
#include <stdlib.h>

#include "dialect/dialect.h"
#include "base/limits.h"
#include "exchange.h"

#define SLOW_BYTES (256 << 10)

struct facts {
	FILE *f;
	unsigned int outputs;
};

static void print_text(FILE *f, struct span s)
{
	size_t i;

	fputc('"', f);
	for (i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] == '"' || s.p[i] == '\\')
			fprintf(f, "\\u%04x", s.p[i]);
		else
			fputc(s.p[i], f);
	fputc('"', f);
}

static void on_fact(void *ctx, enum fact fact, const struct fact_value *v, uint64_t ts_ns)
{
	struct facts *t = ctx;

	if (fact == FACT_OUTPUT) {
		t->outputs++;
		return;
	}
	fprintf(t->f, "[%d,", fact);
	print_text(t->f, v->text);
	fputc(',', t->f);
	if (v->id.p)
		print_text(t->f, v->id);
	else
		fputs("null", t->f);
	fprintf(t->f, ",%lld,%.17g,%u,%d,%u],", (long long)v->number, v->real, v->index,
		v->truncated, v->turn);
}

static void feed(struct dialect_reader *r, struct span body, enum cut how,
		 void (*one)(struct dialect_reader *, struct span, uint64_t))
{
	size_t n;

	for (; body.n; body = span_skip(body, n)) {
		n = exchange__piece(body, how);
		one(r, span_head(body, n), 1);
	}
}

static void feed_messages(struct dialect_reader *r, struct span in, enum cut how)
{
	struct span message;
	enum side side;
	size_t n;

	while (exchange__message(&in, &side, &message)) {
		do {
			n = exchange__piece(message, how);
			dialect_reader__message(r, side, span_head(message, n), n == message.n, 1);
			message = span_skip(message, n);
		} while (message.n);
	}
}

static void feed_bodies(struct dialect_reader *r, const struct exchange *x, enum cut how)
{
	feed(r, x->request_body, how, dialect_reader__request);
	dialect_reader__request_end(r, 1);
	dialect_reader__response_head(r, &x->response, 1);
	feed(r, x->response_body, how, dialect_reader__response);
	dialect_reader__response_end(r, 1);
}

static char *facts_of(const struct dialect *d, const struct exchange *x, enum cut how)
{
	static const struct dialect_ops ops = {.fact = on_fact};
	struct dialect_reader *r;
	struct facts t = {0};
	size_t n;
	char *p;

	srand(2 + (unsigned int)x->number);
	t.f = open_memstream(&p, &n);
	fputs("\"facts\":[", t.f);
	if (dialect_reader__new(d, &x->request, &ops, &t, &limits_default, &r))
		exit(2);
	if (dialect__is_session(d))
		feed_messages(r, x->request_body, how);
	else
		feed_bodies(r, x, how);
	fprintf(t.f, "null],\"outputs\":%u,\"streamed\":%s,\"damaged\":%s,\"match\":%s", t.outputs,
		dialect_reader__streamed(r) ? "true" : "false",
		dialect_reader__damaged(r) ? "true" : "false",
		dialect_reader__confirmed(r) ? "true" : "false");
	dialect_reader__free(r);
	fclose(t.f);
	return p;
}

/* Does that way of cutting yield the same? */
static bool same_as(const char *whole, const struct dialect *d, const struct exchange *x,
		    enum cut how)
{
	char *got = facts_of(d, x, how);
	bool same = strcmp(got, whole) == 0;

	free(got);
	return same;
}

static void print_facts(const struct exchange *x)
{
	const struct dialect *d = dialect__match(&x->request);
	const char *provider;
	char *whole;
	bool same;

	if (!d) {
		puts("{\"match\":false}");
		return;
	}
	whole = facts_of(d, x, CUT_NOWHERE);
	same = same_as(whole, d, x, CUT_RANDOM);
	if (x->request_body.n + x->response_body.n < SLOW_BYTES)
		same &= same_as(whole, d, x, CUT_BYTES);
	provider = dialect__provider(d, x->request.authority, x->request.path);
	printf("{\"api\":\"%s\",\"operation\":\"%s\",\"provider\":\"%s\",\"same\":%s,%s}\n",
	       dialect__api(d), dialect__operation(d), provider ? provider : "",
	       same ? "true" : "false", whole);
	free(whole);
}

int main(void)
{
	static struct exchange x;

	while (exchange__read(&x)) {
		print_facts(&x);
		exchange__free(&x);
	}
	return 0;
}

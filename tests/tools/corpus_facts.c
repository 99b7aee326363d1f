// SPDX-License-Identifier: Apache-2.0
/* Reads exchanges from stdin, prints for each what its dialect reads in it, as one JSON line. For
 * tests/corpus/run.py and for looking at a single exchange by hand.
 *
 * An exchange is nine fields: method, path, authority, status, request headers, response headers
 * ("name: value\n" each), request body, response body, seed; each a length (uint32_t, host order)
 * and so many bytes. The bodies are fed whole, then byte by byte, then cut at random places: all
 * must yield the same facts, which "same" tells. Bodies above SLOW_BYTES are not fed by bytes.
 *
 * Of a WebSocket, the request body is its messages instead: side (one byte, enum side), length
 * (uint32_t) and so many bytes, each. A query may follow the path. */
#include <stdio.h>
#include <stdlib.h>

#include "dialect/dialect.h"
#include "base/limits.h"

#define SLOW_BYTES (256 << 10)
#define N_HEADERS 256

enum field {
	METHOD,
	PATH,
	AUTHORITY,
	STATUS,
	REQUEST_HEADERS,
	RESPONSE_HEADERS,
	REQUEST,
	RESPONSE,
	SEED,
	FIELDS,
};

struct facts {
	FILE *f;
	unsigned int outputs;
};

static struct span read_field(char **ret_owned)
{
	uint32_t n;
	char *p;

	*ret_owned = NULL;
	if (fread(&n, sizeof(n), 1, stdin) != 1)
		return SPAN_NONE;
	p = malloc(n + 1);
	if (!p || fread(p, 1, n, stdin) != n)
		exit(2);
	p[n] = 0;
	*ret_owned = p;
	return span(p, n);
}

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

static unsigned int split_headers(struct span s, struct http_header *h)
{
	unsigned int n = 0;
	ptrdiff_t end, colon;

	for (; s.n && n < N_HEADERS; s = span_skip(s, (size_t)end + 1)) {
		struct span line;

		end = span_find(s, SPAN_LIT("\n"));
		if (end < 0)
			break;
		line = span_head(s, (size_t)end);
		colon = span_find(line, SPAN_LIT(": "));
		if (colon <= 0)
			continue;
		h[n].name = span_head(line, (size_t)colon);
		h[n++].value = span_trim(span_skip(line, (size_t)colon + 2));
	}
	return n;
}

/* at: 0: whole, 1: by bytes, else a seed of random cuts. */
static void feed(struct dialect_reader *r, struct span body, unsigned int at,
		 void (*one)(struct dialect_reader *, struct span, uint64_t))
{
	size_t n;

	while (body.n) {
		n = at == 0 ? body.n : at == 1 ? 1 : 1 + (size_t)rand() % (rand() % 8 ? 40 : 3000);
		one(r, span_head(body, n), 1);
		body = span_skip(body, n);
	}
}

static void feed_messages(struct dialect_reader *r, struct span in, unsigned int at)
{
	uint32_t n;

	while (in.n > sizeof(n)) {
		enum side side = *in.p ? SIDE_RESPONSE : SIDE_REQUEST;
		struct span message;
		size_t piece;

		memcpy(&n, in.p + 1, sizeof(n));
		in = span_skip(in, 1 + sizeof(n));
		message = span_head(in, n);
		in = span_skip(in, n);
		do {
			piece = at == 0 ? message.n : at == 1 ? 1 : 1 + (size_t)rand() % 3000;
			piece = piece < message.n ? piece : message.n;
			dialect_reader__message(r, side, span_head(message, piece),
						piece == message.n, 1);
			message = span_skip(message, piece);
		} while (message.n);
	}
}

static void feed_bodies(struct dialect_reader *r, const struct http_head *a, struct span request,
			struct span response, unsigned int at)
{
	feed(r, request, at, dialect_reader__request);
	dialect_reader__request_end(r, 1);
	dialect_reader__response_head(r, a, 1);
	feed(r, response, at, dialect_reader__response);
	dialect_reader__response_end(r, 1);
}

static char *facts_of(const struct dialect *d, const struct http_head *q, const struct http_head *a,
		      struct span request, struct span response, unsigned int at)
{
	static const struct dialect_ops ops = {.fact = on_fact};
	struct dialect_reader *r;
	struct facts t = {0};
	size_t n;
	char *p;

	srand(at);
	t.f = open_memstream(&p, &n);
	fputs("\"facts\":[", t.f);
	if (dialect_reader__new(d, q, &ops, &t, &limits_default, &r))
		exit(2);
	if (dialect__is_session(d))
		feed_messages(r, request, at);
	else
		feed_bodies(r, a, request, response, at);
	fprintf(t.f, "null],\"outputs\":%u,\"streamed\":%s,\"damaged\":%s,\"match\":%s", t.outputs,
		dialect_reader__streamed(r) ? "true" : "false",
		dialect_reader__damaged(r) ? "true" : "false",
		dialect_reader__confirmed(r) ? "true" : "false");
	dialect_reader__free(r);
	fclose(t.f);
	return p;
}

static void exchange(const struct span *f)
{
	static struct http_header q_headers[N_HEADERS], a_headers[N_HEADERS];
	struct http_head q = {.method = f[METHOD], .path = f[PATH], .authority = f[AUTHORITY]};
	struct http_head a = {.status = atoi((const char *)f[STATUS].p), .headers = a_headers};
	const struct dialect *d;
	unsigned int seed = 2 + (unsigned int)atoi((const char *)f[SEED].p);
	const char *provider;
	ptrdiff_t query;
	char *whole, *got;
	bool same = true;

	query = span_find(q.path, SPAN_LIT("?"));
	if (query >= 0) {
		q.query = span_skip(q.path, (size_t)query + 1);
		q.path = span_head(q.path, (size_t)query);
	}
	q.headers = q_headers;
	q.n_headers = split_headers(f[REQUEST_HEADERS], q_headers);
	a.n_headers = split_headers(f[RESPONSE_HEADERS], a_headers);
	d = dialect__match(&q);
	if (!d) {
		puts("{\"match\":false}");
		return;
	}
	whole = facts_of(d, &q, &a, f[REQUEST], f[RESPONSE], 0);
	if (f[REQUEST].n + f[RESPONSE].n < SLOW_BYTES) {
		got = facts_of(d, &q, &a, f[REQUEST], f[RESPONSE], 1);
		same &= strcmp(got, whole) == 0;
		free(got);
	}
	got = facts_of(d, &q, &a, f[REQUEST], f[RESPONSE], seed);
	same &= strcmp(got, whole) == 0;
	free(got);
	provider = dialect__provider(d, q.authority, q.path);
	printf("{\"api\":\"%s\",\"operation\":\"%s\",\"provider\":\"%s\",\"same\":%"
	       "s,%s}\n",
	       dialect__api(d), dialect__operation(d), provider ? provider : "",
	       same ? "true" : "false", whole);
	free(whole);
}

int main(void)
{
	char *owned[FIELDS];
	struct span f[FIELDS];
	int i;

	for (;;) {
		for (i = 0; i < FIELDS; i++) {
			f[i] = read_field(&owned[i]);
			if (!owned[i])
				return i != 0;
		}
		exchange(f);
		for (i = 0; i < FIELDS; i++)
			free(owned[i]);
	}
}

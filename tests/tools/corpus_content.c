// SPDX-License-Identifier: Apache-2.0
/* Reads exchanges from stdin as corpus_facts.c does, and prints what is said in each, with content
 * kept in full and without masks (or with them: -m): a JSON array of the exchange's records a line.
 * The bodies are fed whole, then cut at random: both must give the same records; where they do not,
 * the array holds the word "differs". For tests/corpus/content.py. */
#include <stdio.h>
#include <stdlib.h>

#include "base/json_write.h"
#include "base/limits.h"
#include "call/tracker.h"
#include "content/content.h"
#include "enrich/redact.h"
#include "sink/record_json.h"

#define N_HEADERS 256
#define LINES_MAX (256 << 20)

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

static struct redact *redact;

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

static void on_call(void *ctx, const struct call *c)
{
	struct buf *out = ctx;

	if (out->n)
		buf__add(out, SPAN_LIT(","));
	if (record_json__call(out, c))
		exit(2);
	out->n--; /* its line feed */
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

static size_t cut(struct span s, bool whole)
{
	size_t n = whole ? s.n : 1 + (size_t)rand() % (rand() % 8 ? 40 : 3000);

	return n < s.n ? n : s.n;
}

static void feed_messages(const struct http_msg_ops *ops, void *x, struct span in, bool whole)
{
	uint32_t n;

	ops->upgrade(x, SPAN_LIT("websocket"), 1);
	while (in.n > sizeof(n)) {
		enum side side = *in.p ? SIDE_RESPONSE : SIDE_REQUEST;
		struct span message;
		size_t piece;

		memcpy(&n, in.p + 1, sizeof(n));
		in = span_skip(in, 1 + sizeof(n));
		message = span_head(in, n);
		in = span_skip(in, n);
		do {
			piece = cut(message, whole);
			ops->message(x, side, span_head(message, piece), piece == message.n, 1);
			message = span_skip(message, piece);
		} while (message.n);
	}
}

/* What the exchange's records say; to be freed with buf__free. */
static struct buf records(const struct span *f, bool whole)
{
	static struct http_header q_headers[N_HEADERS], a_headers[N_HEADERS];
	struct http_head q = {.method = f[METHOD], .path = f[PATH], .authority = f[AUTHORITY]};
	struct http_head a = {.status = atoi((const char *)f[STATUS].p), .headers = a_headers};
	const struct content_config content = {.mode = CONTENT_FULL,
					       .redact = redact,
					       .sample_percent = -1,
					       .lim = &limits_default};
	const struct conn conn = {.id = 1, .request_dir = DIR_WRITE};
	const struct http_msg_ops *ops = call_tracker__http_ops();
	struct filter filter = {0};
	struct call_tracker_config cfg = {
		.filter = &filter, .lim = &limits_default, .content = &content, .call = on_call};
	struct call_tracker *t;
	struct buf out;
	struct span rest;
	ptrdiff_t query = span_find(q.path, SPAN_LIT("?"));
	size_t n;
	void *x;

	srand(7 + (unsigned int)atoi((const char *)f[SEED].p));
	buf__init(&out, LINES_MAX);
	cfg.ctx = &out;
	if (query >= 0) {
		q.query = span_skip(q.path, (size_t)query + 1);
		q.path = span_head(q.path, (size_t)query);
	}
	q.headers = q_headers;
	q.n_headers = split_headers(f[REQUEST_HEADERS], q_headers);
	a.n_headers = split_headers(f[RESPONSE_HEADERS], a_headers);
	if (call_tracker__new(&cfg, &t))
		exit(2);
	x = ops->request(t, &conn, &q, 1, 1);
	if (x && a.status == 101) {
		ops->request_end(x, 0, 1);
		ops->response(x, &a, 1, 1);
		feed_messages(ops, x, f[REQUEST], whole);
	} else if (x) {
		for (rest = f[REQUEST]; rest.n; rest = span_skip(rest, n)) {
			n = cut(rest, whole);
			ops->request_body(x, span_head(rest, n), n, 1);
		}
		ops->request_end(x, 0, 1);
		ops->response(x, &a, 1, 1);
		for (rest = f[RESPONSE]; rest.n; rest = span_skip(rest, n)) {
			n = cut(rest, whole);
			ops->response_body(x, span_head(rest, n), n, 1);
		}
		ops->response_end(x, 0, 1);
	}
	if (x)
		ops->end(x, HTTP_END_OK, 1);
	call_tracker__free(t);
	return out;
}

static void exchange(const struct span *f)
{
	struct buf whole = records(f, true), cuts = records(f, false);

	if (whole.n == cuts.n && (!whole.n || !memcmp(whole.p, cuts.p, whole.n)))
		printf("[%.*s]\n", (int)whole.n, whole.n ? (const char *)whole.p : "");
	else
		printf("[\"differs\",%.*s,%.*s]\n", (int)whole.n, (const char *)whole.p,
		       (int)cuts.n, (const char *)cuts.p);
	buf__free(&whole);
	buf__free(&cuts);
}

int main(int argc, char **argv)
{
	char *owned[FIELDS], why[200];
	struct span f[FIELDS];
	int i;

	if (redact__new(argc > 1 && !strcmp(argv[1], "-m") ? NULL : "none", &redact, why,
			sizeof(why)))
		return 2;
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

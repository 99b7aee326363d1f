// SPDX-License-Identifier: Apache-2.0
/* Reads exchanges from stdin (the fields of corpus_facts.c) and prints for each record that comes
 * of it what the provider says that it cost, and what it costs by the built-in list of prices at
 * the time that stands in the place of the seed (seconds since 1970). For tests/corpus/costs.py. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "call/pricing.h"
#include "call/tracker.h"
#include "enrich/prices.h"
#include "sink/record_json.h"

#define N_HEADERS 256
#define RECORD_MAX_BYTES (1 << 20)

enum field {
	METHOD,
	PATH,
	AUTHORITY,
	STATUS,
	REQUEST_HEADERS,
	RESPONSE_HEADERS,
	REQUEST,
	RESPONSE,
	TIME,
	FIELDS,
};

struct costs {
	struct prices *prices;
	uint64_t time_s;
};

static void put(struct json_write *w, const char *key, int64_t v)
{
	if (v < 0)
		return;
	json_write__key(w, key);
	json_write__int(w, v);
}

static void on_call(void *ctx, const struct call *told)
{
	struct costs *x = ctx;
	struct call c = *told;
	struct buf out;
	struct json_write w;

	c.cost_nusd = -1;
	c.time_ns = x->time_s * 1000000000ULL;
	pricing__fill(&c, x->prices);
	buf__init(&out, RECORD_MAX_BYTES);
	json_write__init(&w, &out);
	json_write__open(&w, '{');
	put(&w, "told_nusd", told->cost_nusd);
	put(&w, "ours_nusd", c.cost_nusd);
	json_write__key(&w, "record");
	if (w.err || record_json__call(&out, told))
		exit(2);
	out.n--; /* its line feed */
	if (buf__add(&out, SPAN_LIT("}\n")))
		exit(2);
	fwrite(out.p, 1, out.n, stdout);
	buf__free(&out);
}

static bool read_field(char **ret, size_t *ret_n)
{
	uint32_t n;

	if (fread(&n, sizeof(n), 1, stdin) != 1)
		return false;
	*ret = malloc(n + 1);
	if (!*ret || fread(*ret, 1, n, stdin) != n)
		exit(2);
	(*ret)[n] = 0;
	*ret_n = n;
	return true;
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

static void exchange(struct call_tracker *t, const struct span *f)
{
	static struct http_header q_headers[N_HEADERS], a_headers[N_HEADERS];
	const struct http_msg_ops *ops = call_tracker__http_ops();
	struct conn conn = {
		.id = 1, .pid = 1, .tid = 1, .request_dir = DIR_WRITE, .stack = TLS_OPENSSL};
	struct http_head q = {.method = f[METHOD],
			      .path = f[PATH],
			      .authority = f[AUTHORITY],
			      .version = 11,
			      .headers = q_headers};
	struct http_head a = {
		.status = atoi((const char *)f[STATUS].p), .version = 11, .headers = a_headers};
	ptrdiff_t query = span_find(q.path, SPAN_LIT("?"));
	void *x;

	if (query >= 0) {
		q.query = span_skip(q.path, (size_t)query + 1);
		q.path = span_head(q.path, (size_t)query);
	}
	q.n_headers = split_headers(f[REQUEST_HEADERS], q_headers);
	a.n_headers = split_headers(f[RESPONSE_HEADERS], a_headers);
	x = ops->request(t, &conn, &q, 1, 2);
	if (!x)
		return;
	ops->request_body(x, f[REQUEST], f[REQUEST].n, 3);
	ops->request_end(x, 0, 4);
	ops->response(x, &a, 5, 5);
	ops->response_body(x, f[RESPONSE], f[RESPONSE].n, 6);
	ops->response_end(x, 0, 7);
	ops->end(x, HTTP_END_OK, 8);
}

int main(void)
{
	static const struct filter filter = {.role = FILTER_CLIENT};
	struct costs costs = {0};
	const struct call_tracker_config cfg = {
		.filter = &filter, .lim = &limits_default, .call = on_call, .ctx = &costs};
	const struct process p = {.pid = 1,
				  .comm = "x",
				  .exe = "/x",
				  .cmdline = "x",
				  .cgroup = "/",
				  .container_id = "",
				  .unit = "",
				  .env = ""};
	struct call_tracker *t;
	char error[256], *owned[FIELDS];
	struct span f[FIELDS];
	size_t n;
	int i;

	if (prices__load(NULL, error, sizeof(error), &costs.prices) || call_tracker__new(&cfg, &t))
		return 2;
	call_tracker__capture_ops()->process(t, &p);
	for (;;) {
		for (i = 0; i < FIELDS && read_field(&owned[i], &n); i++)
			f[i] = span(owned[i], n);
		if (i < FIELDS)
			break;
		costs.time_s = strtoull((const char *)f[TIME].p, NULL, 10);
		exchange(t, f);
		for (i = 0; i < FIELDS; i++)
			free(owned[i]);
		puts("");
	}
	call_tracker__free(t);
	prices__free(costs.prices);
	return i != 0;
}

// SPDX-License-Identifier: Apache-2.0
/* Reads exchanges from stdin (exchange.h) and prints for each record that comes
 * of it what the provider says that it cost, and what it costs by the built-in list of prices at
 * the time that is its number (seconds since 1970). For tests/corpus/costs.py. */
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
#include "exchange.h"

#define RECORD_MAX_BYTES (1 << 20)

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

static void feed(struct call_tracker *t, const struct exchange *x)
{
	const struct http_msg_ops *ops = call_tracker__http_ops();
	const struct conn conn = {
		.id = 1, .pid = 1, .tid = 1, .request_dir = DIR_WRITE, .stack = TLS_OPENSSL};
	void *call = ops->request(t, &conn, &x->request, 1, 2);

	if (!call)
		return;
	ops->request_body(call, x->request_body, x->request_body.n, 3);
	ops->request_end(call, 0, 4);
	ops->response(call, &x->response, 5, 5);
	ops->response_body(call, x->response_body, x->response_body.n, 6);
	ops->response_end(call, 0, 7);
	ops->end(call, HTTP_END_OK, 8);
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
	static struct exchange x;
	struct call_tracker *t;
	char error[256];

	if (prices__load(NULL, error, sizeof(error), &costs.prices) || call_tracker__new(&cfg, &t))
		return 2;
	call_tracker__capture_ops()->process(t, &p);
	while (exchange__read(&x)) {
		costs.time_s = (uint64_t)x.number;
		feed(t, &x);
		exchange__free(&x);
		puts("");
	}
	call_tracker__free(t);
	prices__free(costs.prices);
	return 0;
}

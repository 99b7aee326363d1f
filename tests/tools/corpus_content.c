// SPDX-License-Identifier: Apache-2.0
/* Reads exchanges from stdin (exchange.h), and prints what is said in each, with content
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
#include "exchange.h"
#include "sink/record_json.h"

#define LINES_MAX (256 << 20)

static struct redact *redact;

static void on_call(void *ctx, const struct call *c)
{
	struct buf *out = ctx;

	if (out->n)
		buf__add(out, SPAN_LIT(","));
	if (record_json__call(out, c))
		exit(2);
	out->n--; /* its line feed */
}

static void feed_messages(const struct http_msg_ops *ops, void *call, struct span in, enum cut how)
{
	struct span message;
	enum side side;
	size_t n;

	ops->upgrade(call, SPAN_LIT("websocket"), 1);
	while (exchange__message(&in, &side, &message)) {
		do {
			n = exchange__piece(message, how);
			ops->message(call, side, span_head(message, n), n == message.n, 1);
			message = span_skip(message, n);
		} while (message.n);
	}
}

/* What the exchange's records say; to be freed with buf__free. */
static struct buf records(const struct exchange *x, enum cut how)
{
	const struct content_config content = {.mode = CONTENT_FULL,
					       .redact = redact,
					       .sample_percent = -1,
					       .lim = &limits_default};
	const struct conn conn = {.id = 1, .request_dir = DIR_WRITE};
	const struct http_msg_ops *ops = call_tracker__http_ops();
	struct filter filter = {0};
	struct buf out;
	struct call_tracker_config cfg = {.filter = &filter,
					  .lim = &limits_default,
					  .content = &content,
					  .call = on_call,
					  .ctx = &out};
	struct call_tracker *t;
	struct span rest;
	size_t n;
	void *call;

	srand(7 + (unsigned int)x->number);
	buf__init(&out, LINES_MAX);
	if (call_tracker__new(&cfg, &t))
		exit(2);
	call = ops->request(t, &conn, &x->request, 1, 1);
	if (call && x->response.status == 101) {
		ops->request_end(call, 0, 1);
		ops->response(call, &x->response, 1, 1);
		feed_messages(ops, call, x->request_body, how);
	} else if (call) {
		for (rest = x->request_body; rest.n; rest = span_skip(rest, n)) {
			n = exchange__piece(rest, how);
			ops->request_body(call, span_head(rest, n), n, 1);
		}
		ops->request_end(call, 0, 1);
		ops->response(call, &x->response, 1, 1);
		for (rest = x->response_body; rest.n; rest = span_skip(rest, n)) {
			n = exchange__piece(rest, how);
			ops->response_body(call, span_head(rest, n), n, 1);
		}
		ops->response_end(call, 0, 1);
	}
	if (call)
		ops->end(call, HTTP_END_OK, 1);
	call_tracker__free(t);
	return out;
}

static void print_content(const struct exchange *x)
{
	struct buf whole = records(x, CUT_NOWHERE), cuts = records(x, CUT_RANDOM);

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
	static struct exchange x;
	char why[200];

	if (redact__new(argc > 1 && !strcmp(argv[1], "-m") ? NULL : "none", &redact, why,
			sizeof(why)))
		return 2;
	while (exchange__read(&x)) {
		print_content(&x);
		exchange__free(&x);
	}
	redact__free(redact);
	return 0;
}

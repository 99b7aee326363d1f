// SPDX-License-Identifier: Apache-2.0
/* Exchanges in any order of events and with any bytes: each gives at most one record, and each
 * record is one valid line of JSON without control characters. The input is a list of steps: one
 * byte that says what, one that says how much, and so many bytes. */
#include <stdlib.h>

#include <cjson/cJSON.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "call/tracker.h"
#include "sink/record_json.h"

#define OPEN_MAX 4

struct fuzz {
	struct call_tracker *t;
	void *open[OPEN_MAX];
	uint64_t ts_ns;
	unsigned int records, wanted;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_call(void *ctx, const struct call *c)
{
	struct fuzz *f = ctx;
	uint32_t cp = 0;
	struct buf b;
	cJSON *json;
	size_t i;

	f->records++;
	buf__init(&b, 16 << 20);
	if (record_json__call(&b, c) || b.p[b.n - 1] != '\n')
		abort();
	for (i = 0; i + 1 < b.n; i += utf8__next(span(b.p + i, b.n - i), &cp))
		if (b.p[i] < 0x20 || b.p[i] == 0x7F)
			abort();
	json = cJSON_ParseWithLength((char *)b.p, b.n);
	if (!json)
		abort();
	cJSON_Delete(json);
	buf__free(&b);
	/* Never a number below zero that a sink would take for a fact. */
	for (i = 0; i < N_RATELIMITS; i++)
		if (c->ratelimits[i].limit < -1 || c->ratelimits[i].reset_s < 0)
			abort();
	if (c->input_tokens < -1 || c->output_tokens < -1 || c->ttft_ns < -1)
		abort();
}

static void step(struct fuzz *f, uint8_t what, struct span bytes)
{
	static const char *const paths[] = {"/v1/chat/completions", "/v1/messages", "/x"};
	const struct http_msg_ops *http = call_tracker__http_ops();
	const struct http_header headers[] = {
		{SPAN_LIT("content-type"),
		 what & 0x40 ? SPAN_LIT("text/event-stream") : SPAN_LIT("application/json")},
		{SPAN_LIT("retry-after"), bytes},
		{SPAN_LIT("x-stainless-retry-count"), bytes},
		{SPAN_LIT("traceparent"), bytes},
		{SPAN_LIT("x-ratelimit-reset-requests"), bytes},
		{SPAN_LIT("anthropic-ratelimit-unified-5h-utilization"), bytes},
		{SPAN_LIT("amz-sdk-request"), bytes},
	};
	struct http_head h = {.method = SPAN_LIT("POST"),
			      .version = 11,
			      .headers = headers,
			      .n_headers = 7,
			      .authority = bytes};
	static const struct conn conn = {.id = 1, .pid = 1, .request_dir = DIR_WRITE};
	void **x = &f->open[what >> 4 & (OPEN_MAX - 1)];

	f->ts_ns += 1000;
	if (!*x) {
		h.path = span_str(paths[what % 3]);
		*x = http->request(f->t, &conn, &h, f->ts_ns, f->ts_ns);
		return;
	}
	if ((what & 15) < 3) {
		http->request_body(*x, bytes, bytes.n, f->ts_ns);
	} else if ((what & 15) == 3) {
		http->request_end(*x, what >> 6, f->ts_ns);
	} else if ((what & 15) == 4) {
		h.status = what & 0x80 ? 200 : 429;
		http->response(*x, &h, f->ts_ns, f->ts_ns);
	} else if ((what & 15) < 11) {
		http->response_body(*x, bytes, bytes.n, f->ts_ns);
	} else if ((what & 15) == 11) {
		http->gap(*x, what & 0x80 ? SIDE_REQUEST : SIDE_RESPONSE, bytes.n);
	} else if ((what & 15) == 12) {
		http->response_end(*x, what >> 6, f->ts_ns);
	} else {
		f->wanted += http->end(*x, (enum http_end)(bytes.n % (HTTP_END_UNANSWERED + 1)),
				       f->ts_ns);
		*x = NULL;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct filter all = {.role = FILTER_BOTH};
	struct limits lim = limits_default;
	struct call_tracker_config cfg = {
		.filter = &all, .lim = &lim, .call = on_call, .estimate = true};
	struct span in = span(data, size), bytes;
	struct fuzz f = {0};
	char name[256];
	size_t i;

	lim.gaps_samples = 4;
	lim.tool_calls = 4;
	lim.call_bytes = 8 << 10;
	cfg.ctx = &f;
	if (call_tracker__new(&cfg, &f.t))
		return 0;
	/* The first bytes are a process's name. */
	bytes = span_head(in, 15);
	for (i = 0; i < bytes.n; i++)
		name[i] = bytes.p[i] ? (char)bytes.p[i] : 'x';
	name[bytes.n] = 0;
	call_tracker__capture_ops()->process(f.t, &(struct process){.pid = 1,
								    .comm = name,
								    .exe = name,
								    .cmdline = name,
								    .cgroup = name,
								    .container_id = name,
								    .unit = name,
								    .env = name});
	in = span_skip(in, bytes.n);
	while (in.n >= 2) {
		bytes = span_head(span_skip(in, 2), in.p[1]);
		step(&f, in.p[0], bytes);
		in = span_skip(in, 2 + bytes.n);
	}
	for (i = 0; i < OPEN_MAX; i++)
		if (f.open[i])
			f.wanted +=
				call_tracker__http_ops()->end(f.open[i], HTTP_END_CAPTURE, f.ts_ns);
	if (f.records != f.wanted)
		abort();
	call_tracker__free(f.t);
	return 0;
}

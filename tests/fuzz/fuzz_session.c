// SPDX-License-Identifier: Apache-2.0
/* Sessions with any messages, holes and ends: records are valid lines, no more than turns were
 * begun, and the same however the messages are cut. The first byte seeds the cuts; then steps: one
 * byte that says what, one that says how much, and so many bytes. */
#include <stdlib.h>

#include <cjson/cJSON.h>

#include "../unit/stand_ins.h"
#include "base/limits.h"
#include "call/tracker.h"
#include "sink/record_json.h"

struct fuzz {
	struct call_tracker *t;
	void *x;
	uint64_t ts_ns, hash;
	uint32_t seed; /* 0: nothing is cut */
	unsigned int records;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_call(void *ctx, const struct call *c)
{
	struct fuzz *f = ctx;
	struct buf b;
	cJSON *json;
	size_t i;

	f->records++;
	buf__init(&b, 16 << 20);
	if (record_json__call(&b, c) || b.p[b.n - 1] != '\n')
		abort();
	json = cJSON_ParseWithLength((char *)b.p, b.n);
	if (!json)
		abort();
	cJSON_Delete(json);
	for (i = 0; i < b.n; i++)
		f->hash = (f->hash ^ b.p[i]) * 0x100000001B3ULL;
	buf__free(&b);
	if (c->input_tokens < -1 || c->output_tokens < -1 || c->ttft_ns < -1 || c->ttfc_ns < -1)
		abort();
}

static void open_session(struct fuzz *f)
{
	const struct http_msg_ops *http = call_tracker__http_ops();
	static const struct conn conn = {.id = 1, .pid = 1, .request_dir = DIR_WRITE};
	struct http_head h = {
		.method = SPAN_LIT("GET"), .path = SPAN_LIT("/session"), .version = 11};

	f->x = http->request(f->t, &conn, &h, f->ts_ns, f->ts_ns);
	if (!f->x)
		return;
	http->request_end(f->x, 0, f->ts_ns);
	h.status = 101;
	http->response(f->x, &h, f->ts_ns, f->ts_ns);
	http->upgrade(f->x, SPAN_LIT("websocket"), f->ts_ns);
}

static void say(struct fuzz *f, enum side side, struct span s)
{
	const struct http_msg_ops *http = call_tracker__http_ops();
	struct span one;

	for (; f->seed && s.n; s = span_skip(s, one.n)) {
		f->seed = f->seed * 1103515245 + 12345;
		one = span_head(s, 1 + (f->seed >> 16) % 40);
		http->message(f->x, side, one, false, f->ts_ns);
	}
	http->message(f->x, side, s, true, f->ts_ns);
}

static uint64_t run(struct span in, uint32_t seed)
{
	static const struct filter all = {.role = FILTER_BOTH};
	struct limits lim = limits_default;
	struct fuzz f = {.seed = seed, .hash = 14695981039346656037ULL};
	struct call_tracker_config cfg = {.filter = &all, .lim = &lim, .call = on_call, .ctx = &f};
	unsigned int sides = 0;
	struct span bytes;
	struct stats st;

	lim.gaps_samples = 4;
	lim.turns = 3;
	lim.call_bytes = 4 << 10;
	if (call_tracker__new(&cfg, &f.t))
		return 0;
	for (; in.n >= 2; in = span_skip(in, 2 + bytes.n)) {
		bytes = span_head(span_skip(in, 2), in.p[1]);
		f.ts_ns += 1000;
		if (!f.x)
			open_session(&f);
		if (!f.x)
			break;
		switch (in.p[0] & 7) {
		case 0:
			call_tracker__http_ops()->gap(f.x, (enum side)(in.p[0] >> 3 & 1), bytes.n);
			break;
		case 1:
			call_tracker__http_ops()->end(
				f.x, (enum http_end)(bytes.n % (HTTP_END_UNANSWERED + 1)), f.ts_ns);
			f.x = NULL;
			break;
		default:
			say(&f, (enum side)(in.p[0] & 1), bytes);
			sides++;
		}
	}
	call_tracker__stats(f.t, 0, &st);
	if (st.open_calls > lim.turns)
		abort();
	if (f.x)
		call_tracker__http_ops()->end(f.x, HTTP_END_CAPTURE, f.ts_ns);
	call_tracker__stats(f.t, 0, &st);
	/* Each byte of a message asks for one turn at most. */
	if (st.open_calls || st.calls != f.records || f.records > sides * 256)
		abort();
	call_tracker__free(f.t);
	return f.hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span(data, size);

	if (!in.n)
		return 0;
	if (run(span_skip(in, 1), 0) != run(span_skip(in, 1), 1 + in.p[0]))
		abort();
	return 0;
}

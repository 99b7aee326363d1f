/* SPDX-License-Identifier: Apache-2.0 */
/* stream_rig.h: feeds a stream table with SSL calls, and writes down what comes of them. */
#ifndef LLMSNOOP_STREAM_RIG_H
#define LLMSNOOP_STREAM_RIG_H

#include "base/limits.h"
#include "http/h1.h"
#include "http/h2.h"
#include "http_log.h"
#include "stream/table.h"

/* A table with a log of what it told, and of what flowed back. */
struct rig {
	enum tls_stack stack; /* of all data; TLS_UNKNOWN: OpenSSL */
	struct limits lim;
	struct http_log log;
	struct http1_ctx http1;
	struct capture_control control;
	struct stream_table *t;
	uint64_t now_ns;
	/* the latest verdict */
	unsigned int quiets, louds, ignores;
	uint64_t quiet_conn, judged, line, ignored, frame_left;
	bool framed, settled;
	uint64_t next_line; /* of the next record */
	enum event_dir quiet_dir;
	/* offsets, by the last digit of conn */
	uint64_t offset[10][2];
};

static inline void rig__quiet(void *ctx, const struct capture_quiet *q)
{
	struct rig *r = ctx;

	r->quiets++;
	r->quiet_conn = q->conn;
	r->quiet_dir = q->request_dir;
	r->judged = q->judged;
	r->line = q->line;
	r->framed = q->framed;
	r->frame_left = q->frame_left;
	r->settled = q->settled;
}

static inline void rig__loud(void *ctx, uint64_t conn)
{
	struct rig *r = ctx;

	r->louds++;
}

static inline void rig__ignore(void *ctx, uint64_t conn)
{
	struct rig *r = ctx;

	r->ignores++;
	r->ignored = conn;
}

static inline struct rig *rig__new(const struct limits *lim)
{
	static const struct protocol *const protocols[] = {&http2_protocol, &http1_protocol};
	struct rig *r = calloc(1, sizeof(*r));

	r->lim = lim ? *lim : limits_default;
	log__init(&r->log, "/v1");
	r->http1 = (struct http1_ctx){.ops = &log_ops, .ctx = &r->log};
	r->control = (struct capture_control){rig__quiet, rig__loud, rig__ignore, r};
	r->now_ns = 1000;
	assert_int_equal(stream_table__new(protocols, 2, &r->http1, &r->control, &r->lim, &r->t),
			 0);
	return r;
}

static inline void rig__free(struct rig *r)
{
	struct stream_stats s;

	stream_table__finish(r->t, ++r->now_ns);
	stream_table__stats(r->t, &s);
	assert_int_equal(s.open, 0);
	stream_table__free(r->t);
	assert_int_equal(r->log.open, 0);
	log__free(&r->log);
	free(r);
}

static inline struct stream_stats rig__stats(const struct rig *r)
{
	struct stream_stats s;

	stream_table__stats(r->t, &s);
	return s;
}

/* One record. Its entry is at r->now_ns + 1, its return one later. */
static inline void record(struct rig *r, uint64_t conn, enum event_dir dir, struct span bytes,
			  unsigned int flags)
{
	uint64_t *offset = r->offset[conn % 10];
	struct capture_data d = {
		.conn = conn,
		.pid = (uint32_t)(conn / 10),
		.tid = 1,
		.entry_ns = r->now_ns + 1,
		.return_ns = r->now_ns + 2,
		.offset = offset[dir],
		.other_offset = offset[!dir],
		.bytes = at_page_end(bytes),
		.line = r->next_line,
		.dir = dir,
		.flags = (uint16_t)flags,
		.stack = r->stack ? r->stack : TLS_OPENSSL,
	};

	stream_table_ops.data(r->t, &d);
	offset[dir] += bytes.n;
	r->next_line = 0;
}

/* One SSL call. */
static inline void call(struct rig *r, uint64_t conn, enum event_dir dir, struct span bytes)
{
	record(r, conn, dir, bytes, EVENT_CALL_START);
	r->now_ns += 10;
}

static inline void text(struct rig *r, uint64_t conn, enum event_dir dir, const char *s)
{
	call(r, conn, dir, span_str(s));
}

static inline void hang_up(struct rig *r, uint64_t conn, unsigned int flags, uint32_t read_fails)
{
	struct capture_close c = {
		.conn = conn,
		.pid = (uint32_t)(conn / 10),
		.ts_ns = r->now_ns,
		.offset = {r->offset[conn % 10][0], r->offset[conn % 10][1]},
		.read_fails = read_fails,
		.flags = (uint16_t)flags,
	};

	stream_table_ops.close(r->t, &c);
	memset(r->offset[conn % 10], 0, sizeof(r->offset[0]));
}

#endif

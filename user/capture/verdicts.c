// SPDX-License-Identifier: Apache-2.0
#include "capture/verdicts.h"

#include <string.h>
#include <time.h>

#define NS_PER_S 1000000000ULL
/* A verdict that went wrong is right again after a minute. */
#define QUIET_NS (60 * NS_PER_S)

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

/* The latest judged lines, the newest first. */
static void add_line(struct verdict *slot, uint64_t line)
{
	for (int i = 0; i < VERDICT_LINES; i++)
		if (!line || slot->lines[i] == line)
			return;
	memmove(slot->lines + 1, slot->lines, sizeof(slot->lines) - sizeof(slot->lines[0]));
	slot->lines[0] = line;
}

static void set(struct verdict *slots, const struct verdict *v, uint64_t line)
{
	struct verdict *slot = &slots[VERDICT_SLOT(v->conn)];
	bool same = slot->conn == v->conn;

	/* The kernel must never see a half-written one under the new name. */
	__atomic_store_n(&slot->conn, 0, __ATOMIC_SEQ_CST);
	slot->judged = v->judged;
	slot->expires_ns = v->expires_ns;
	slot->frame_left = v->frame_left;
	slot->request_dir = v->request_dir;
	slot->lift = v->lift;
	if (!same)
		memset(slot->lines, 0, sizeof(slot->lines));
	add_line(slot, line);
	__atomic_store_n(&slot->conn, v->conn, __ATOMIC_RELEASE);
}

static void quiet(void *ctx, const struct capture_quiet *q)
{
	set(ctx,
	    &(struct verdict){.conn = q->conn,
			      .judged = q->judged,
			      .expires_ns = now_ns() + QUIET_NS,
			      .frame_left = q->frame_left,
			      .request_dir = q->request_dir,
			      .lift = !q->framed   ? LIFT_LINE
				      : q->settled ? LIFT_USER
						   : LIFT_FRAME},
	    q->line);
}

static void loud(void *ctx, uint64_t conn)
{
	struct verdict *slot = &((struct verdict *)ctx)[VERDICT_SLOT(conn)];

	if (slot->conn == conn)
		__atomic_store_n(&slot->conn, 0, __ATOMIC_RELEASE);
}

static void ignore(void *ctx, uint64_t conn)
{
	set(ctx, &(struct verdict){.conn = conn, .lift = LIFT_NEVER}, 0);
}

struct capture_control verdicts__control(struct verdict *slots)
{
	return (struct capture_control){
		.quiet = quiet, .loud = loud, .ignore = ignore, .ctx = slots};
}

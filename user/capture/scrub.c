// SPDX-License-Identifier: Apache-2.0
#include "capture/scrub.h"

#include <errno.h>
#include <stdlib.h>
#include <uthash.h>

#include "capture/scrub_track.h"

struct scrub_conn {
	uint64_t conn;
	uint32_t pid;
	bool is_h2;		/* it speaks HTTP/2, for sure */
	struct track track[2];	/* by enum event_dir */
	struct scrub_h2 *h2[2]; /* NULL: not yet, or never */
	UT_hash_handle hh;
};

struct scrub {
	struct scrub_conn *conns; /* uthash, in the order of their opening */
	unsigned int max;
};

static const struct span h2_preface = SPAN_LIT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/* Frames follow, or may. Without memory for them they are all hidden. */
static void h2_start(struct scrub_conn *c, enum event_dir dir, enum track_state state)
{
	struct track *t = &c->track[dir];

	t->state = (uint8_t)state;
	if (state == AT_H2)
		c->is_h2 = true;
	if (!c->h2[dir] && scrub_h2__new(&c->h2[dir]))
		t->state = AT_H2_LOST;
}

/* The first bytes of a direction: returns how many of them the preface took. */
static size_t start(struct scrub_conn *c, enum event_dir dir, const uint8_t *in, size_t n,
		    uint8_t *out)
{
	struct track *t = &c->track[dir];
	uint8_t matched, i;
	size_t k = 0;

	if (!t->n && n && !*in) { /* a frame's length: the other side's first SETTINGS */
		h2_start(c, dir, AT_H2);
		return 0;
	}
	for (; k < n && t->n < h2_preface.n && in[k] == h2_preface.p[t->n]; k++, t->n++)
		out[k] = in[k];
	if (t->n == h2_preface.n) {
		h2_start(c, dir, AT_H2);
	} else if (k < n) {
		matched = t->n;
		track__line_start(t);
		for (i = 0; i < matched; i++) /* none of them is secret */
			track__step(t, h2_preface.p[i]);
	}
	return k;
}

/* A frame may begin here; as many bytes as can be its header's are taken. */
static size_t guess_h2(struct scrub_conn *c, enum event_dir dir, const uint8_t *in, size_t n,
		       uint8_t *out)
{
	struct track *t = &c->track[dir];
	bool sure;
	size_t k = scrub_h2__guess(c->h2[dir], in, n, out, &sure);

	if (sure) {
		h2_start(c, dir, AT_H2);
	} else if (k < n) {
		scrub_h2__gap(c->h2[dir], 0);
		if (c->is_h2)
			t->state = AT_H2_LOST;
		else
			track__unsure(t);
	}
	return k;
}

/* Bytes are missing (lost, or 0 where nobody knows how many), or the connection was met after its
 * start. */
static void lose(struct scrub_conn *c, enum event_dir dir, uint32_t lost)
{
	struct track *t = &c->track[dir];

	if (t->state == AT_H2 && scrub_h2__gap(c->h2[dir], lost))
		return;
	if (t->state == AT_H2_GUESS)
		scrub_h2__gap(c->h2[dir], 0);
	if (c->is_h2)
		t->state = AT_H2_LOST;
	else if (t->role == ROLE_RESPONSE && !t->head)
		track__rest(t);
	else
		track__unsure(t);
}

/* A new SSL call: where the place is not known, a message or a frame may begin here. */
static void call_start(struct scrub_conn *c, enum event_dir dir, uint8_t first)
{
	struct track *t = &c->track[dir];
	bool lines = t->state != AT_START && t->state != AT_H2 && t->state != AT_H2_GUESS;

	if (lines && (c->is_h2 || (t->role == ROLE_UNKNOWN && !first)))
		h2_start(c, dir, AT_H2_GUESS); /* text does not begin so, frames do */
	else if (t->state == AT_UNSURE)
		track__guess(t);
	else if (t->state == AT_LINE && !t->head && !t->content && first == *h2_preface.p)
		t->state = AT_START; /* of HTTP/2, after an upgrade */
}

static void conn_del(struct scrub *s, struct scrub_conn *c)
{
	HASH_DEL(s->conns, c);
	scrub_h2__free(c->h2[0]);
	scrub_h2__free(c->h2[1]);
	free(c);
}

static struct scrub_conn *conn_get(struct scrub *s, const struct capture_data *d)
{
	struct scrub_conn *c;

	HASH_FIND(hh, s->conns, &d->conn, sizeof(d->conn), c);
	if (c)
		return c;
	if (HASH_COUNT(s->conns) >= s->max && s->conns)
		conn_del(s, s->conns);
	c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	c->conn = d->conn;
	c->pid = d->pid;
	HASH_ADD(hh, s->conns, conn, sizeof(c->conn), c);
	return c;
}

/* Scrubs bytes while the state is the same, and returns how many that were. */
static size_t scrub_some(struct scrub_conn *c, enum event_dir dir, const uint8_t *in, size_t n,
			 uint8_t *out)
{
	switch (c->track[dir].state) {
	case AT_START:
		return start(c, dir, in, n, out);
	case AT_H2_GUESS:
		return guess_h2(c, dir, in, n, out);
	case AT_H2:
		if (!scrub_h2__bytes(c->h2[dir], in, n, out))
			c->track[dir].state = AT_H2_LOST;
		return n;
	case AT_H2_LOST:
		memset(out, 0, n);
		return n;
	default:
		track__lines(&c->track[dir], in, n, out);
		return n;
	}
}

/* Is something missing before d? Frames go by the offsets alone. */
static void find_loss(struct scrub_conn *c, const struct capture_data *d)
{
	struct track *t = &c->track[d->dir];
	uint32_t lost = (uint32_t)d->offset - t->next + (uint32_t)d->gap;
	bool flagged = d->flags & EVENT_AFTER_LOSS && t->state != AT_H2;

	if (d->flags & EVENT_AFTER_QUIET ||
	    (t->state == AT_START && !t->n && d->flags & EVENT_MIDSTREAM))
		lose(c, d->dir, 0);
	else if (lost || flagged)
		lose(c, d->dir, lost);
}

int scrub__data(struct scrub *s, const struct capture_data *d, uint8_t *out)
{
	struct scrub_conn *c = conn_get(s, d);
	const uint8_t *in = d->bytes.p;
	size_t n = d->bytes.n, i;

	if (!c) {
		if (n)
			memset(out, SECRET_MASK, n);
		return -ENOMEM;
	}
	find_loss(c, d);
	c->track[d->dir].next = (uint32_t)(d->offset + d->gap + n);
	if (n && d->flags & EVENT_CALL_START)
		call_start(c, d->dir, *in);
	for (i = 0; i < n;)
		i += scrub_some(c, d->dir, in + i, n - i, out + i);
	return 0;
}

void scrub__close(struct scrub *s, uint64_t conn)
{
	struct scrub_conn *c;

	HASH_FIND(hh, s->conns, &conn, sizeof(conn), c);
	if (c)
		conn_del(s, c);
}

void scrub__exit(struct scrub *s, uint32_t pid)
{
	struct scrub_conn *c, *next;

	HASH_ITER (hh, s->conns, c, next)
		if (c->pid == pid)
			conn_del(s, c);
}

int scrub__new(unsigned int conns, struct scrub **ret)
{
	struct scrub *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->max = conns ? conns : 1;
	*ret = s;
	return 0;
}

void scrub__free(struct scrub *s)
{
	struct scrub_conn *c, *next;

	if (!s)
		return;
	HASH_ITER (hh, s->conns, c, next)
		conn_del(s, c);
	free(s);
}

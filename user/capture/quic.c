// SPDX-License-Identifier: Apache-2.0
#include "capture/quic.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/quic_initial.h"
#include "capture/sockets.h"

/* Connections whose name is still to come; the oldest is forgotten. */
#define HELLOS 32
/* Names told lately: a client that opens many connections costs one look through /proc for each. */
#define TOLD 64
#define TOLD_NS (60 * 1000000000ULL)
/* Looks through /proc in so much time: anybody may send packets with ever new names. */
#define LOOKS 64
#define LOOKS_NS (10 * 1000000000ULL)

struct told {
	uint64_t ts_ns;
	char host[256];
};

struct quic {
	bool (*wanted)(void *ctx, uint32_t pid);
	void *ctx;
	struct quic_hello hello[HELLOS];
	unsigned int next_hello;
	struct told told[TOLD];
	unsigned int next_told;
	uint64_t looks_ns; /* since when n_looks are counted */
	unsigned int n_looks;
	char host[256];
};

int quic__new(bool (*wanted)(void *ctx, uint32_t pid), void *ctx, struct quic **ret)
{
	struct quic *q = calloc(1, sizeof(*q));

	if (!q)
		return -ENOMEM;
	q->wanted = wanted;
	q->ctx = ctx;
	*ret = q;
	return 0;
}

void quic__free(struct quic *q)
{
	free(q);
}

uint32_t quic__owner(const struct quic *q, uint16_t port)
{
	static const char *const tables[2] = {"udp", "udp6"};

	return sockets__owner(tables, port, q->wanted, q->ctx);
}

/* --- which ---------------------------------------------------------------------------------- */

static struct quic_hello *hello_of(struct quic *q, struct span cid)
{
	struct quic_hello *h;
	unsigned int i;

	for (i = 0; i < HELLOS; i++)
		if (q->hello[i].n_cid && span_eq(span(q->hello[i].cid, q->hello[i].n_cid), cid))
			return &q->hello[i];
	h = &q->hello[q->next_hello++ % HELLOS];
	*h = (struct quic_hello){0};
	return h;
}

static bool told_lately(struct quic *q, uint64_t ts_ns)
{
	struct told *t;
	unsigned int i;

	for (i = 0; i < TOLD; i++)
		if (q->told[i].ts_ns && ts_ns - q->told[i].ts_ns < TOLD_NS &&
		    strcmp(q->told[i].host, q->host) == 0)
			return true;
	t = &q->told[q->next_told++ % TOLD];
	t->ts_ns = ts_ns;
	memcpy(t->host, q->host, sizeof(t->host));
	return false;
}

static bool may_look(struct quic *q, uint64_t ts_ns)
{
	if (ts_ns > q->looks_ns && ts_ns - q->looks_ns >= LOOKS_NS) {
		q->looks_ns = ts_ns;
		q->n_looks = 0;
	}
	return q->n_looks < LOOKS && ++q->n_looks;
}

bool quic__take(struct quic *q, const struct event_hello *e, struct capture_unseen *ret)
{
	struct span datagram = span(e->bytes, e->len), name;
	struct span cid = quic_initial__cid(datagram);
	struct quic_hello *h;
	enum hello_is is;

	if (!cid.n || e->len > EVENT_QUIC_MAX)
		return false;
	h = hello_of(q, cid);
	is = quic_hello__take(h, datagram, &name);
	if (is == HELLO_MORE)
		return false;
	if (is == HELLO_NAME && name.n < sizeof(q->host)) {
		memcpy(q->host, name.p, name.n);
		q->host[name.n] = 0;
	}
	*h = (struct quic_hello){0};
	if (is != HELLO_NAME || strlen(q->host) != name.n || told_lately(q, e->ts_ns))
		return false;
	*ret = (struct capture_unseen){
		.ts_ns = e->ts_ns,
		.protocol = "quic",
		.library = "",
		.host = q->host,
		.pid = may_look(q, e->ts_ns) ? quic__owner(q, e->port) : 0,
	};
	return ret->pid || q->wanted(q->ctx, 0);
}

// SPDX-License-Identifier: Apache-2.0
#include "capture/decode.h"

#include <string.h>

bool decode__data(const struct event_header *h, size_t size, struct capture_data *ret)
{
	const struct event_data *e = (const void *)h;
	bool gap = h->kind == EVENT_GAP;

	if (size < sizeof(*e) || (!gap && e->len > size - sizeof(*e)) || e->dir > DIR_WRITE)
		return false;
	*ret = (struct capture_data){
		.conn = e->conn,
		.pid = h->tgid,
		.tid = h->tid,
		.ssl = e->ssl,
		.entry_ns = e->entry_ns,
		.return_ns = e->return_ns,
		.offset = e->offset,
		.other_offset = e->other_offset,
		.ahead = e->ahead,
		.line = e->line,
		.gap = gap ? e->len : 0,
		.bytes = gap ? SPAN_NONE : span(e + 1, e->len),
		.dir = e->dir,
		.flags = h->flags,
		.stack = e->stack < TLS_STACK_MAX ? e->stack : TLS_UNKNOWN,
	};
	return true;
}

bool decode__close(const struct event_header *h, size_t size, struct capture_close *ret)
{
	const struct event_close *e = (const void *)h;

	if (size < sizeof(*e))
		return false;
	*ret = (struct capture_close){
		.conn = e->conn,
		.pid = h->tgid,
		.ts_ns = e->ts_ns,
		.offset = {e->offset[0], e->offset[1]},
		.read_fails = e->read_fails,
		.flags = h->flags,
	};
	return true;
}

bool decode__peer(const struct event_header *h, size_t size, struct capture_peer *ret)
{
	const struct event_peer *e = (const void *)h;
	struct capture_end *ends[] = {&ret->local, &ret->peer};

	if (size < sizeof(*e) || (e->family != 4 && e->family != 6))
		return false;
	*ret = (struct capture_peer){.conn = e->conn, .pid = h->tgid, .ts_ns = e->ts_ns};
	for (int i = 0; i < 2; i++) {
		ends[i]->family = (uint8_t)e->family;
		ends[i]->port = e->port[i];
		memcpy(ends[i]->address, e->address[i], e->family == 4 ? 4 : 16);
	}
	return true;
}

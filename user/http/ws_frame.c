// SPDX-License-Identifier: Apache-2.0
#include "http/ws_frame.h"

#include <errno.h>

#define FIN 0x80
#define RSV1 0x40
#define RSV23 0x30 /* no extension that is understood here uses them */
#define OPCODE 0x0f
#define MASK 0x80
#define LENGTH 0x7f
#define LENGTH_16 126 /* the length is in the next 2 bytes */
#define LENGTH_64 127 /* … 8 bytes */
#define CONTROL_MAX 125

/* How long a header is that begins with these two bytes. */
static uint8_t head_bytes(const uint8_t *head)
{
	uint8_t n = 2 + (head[1] & MASK ? 4 : 0), length = head[1] & LENGTH;

	return n + (length == LENGTH_16 ? 2 : length == LENGTH_64 ? 8 : 0);
}

static bool is_known(uint8_t opcode)
{
	return opcode <= WS_BINARY || (opcode >= WS_CLOSE && opcode <= WS_PONG);
}

static int read_head(struct ws_frame *f, bool from_client)
{
	uint8_t bits = f->head[0], length = f->head[1] & LENGTH, at = 2;
	uint8_t more = length == LENGTH_16 ? 2 : length == LENGTH_64 ? 8 : 0;

	f->fin = bits & FIN;
	f->rsv1 = bits & RSV1;
	f->opcode = bits & OPCODE;
	f->masked = f->head[1] & MASK;
	f->left = more ? 0 : length;
	while (more--)
		f->left = f->left << 8 | f->head[at++];
	if (f->masked)
		memcpy(f->key, f->head + at, sizeof(f->key));
	f->key_at = 0;
	if (bits & RSV23 || !is_known(f->opcode) || f->masked != from_client || f->left > INT64_MAX)
		return -EBADMSG;
	/* RFC 6455, 5.5; RFC 7692, 6.1 */
	if (ws_frame__is_control(f) && (!f->fin || f->rsv1 || f->left > CONTROL_MAX))
		return -EBADMSG;
	if (f->opcode == WS_CONTINUATION && f->rsv1)
		return -EBADMSG;
	f->complete = true;
	return 0;
}

int ws_frame__head(struct ws_frame *f, bool from_client, struct span *in)
{
	while (in->n && !f->complete) {
		f->head[f->n++] = *in->p;
		*in = span_skip(*in, 1);
		if (f->n >= 2 && f->n == head_bytes(f->head))
			return read_head(f, from_client);
	}
	return 0;
}

void ws_frame__next(struct ws_frame *f)
{
	f->n = 0;
	f->complete = false;
}

void ws_frame__unmask(struct ws_frame *f, struct span in, uint8_t *out)
{
	uint8_t key[8];
	uint64_t mask, word;
	size_t i;

	/* Turned so that the first byte is the next one's, and twice for eight bytes at once. */
	for (i = 0; i < sizeof(key); i++)
		key[i] = f->key[(f->key_at + i) & 3];
	memcpy(&mask, key, sizeof(mask));
	for (i = 0; i + sizeof(word) <= in.n; i += sizeof(word)) {
		memcpy(&word, in.p + i, sizeof(word));
		word ^= mask;
		memcpy(out + i, &word, sizeof(word));
	}
	for (; i < in.n; i++)
		out[i] = in.p[i] ^ key[i & 7];
	ws_frame__skip(f, in.n);
}

void ws_frame__skip(struct ws_frame *f, uint64_t n)
{
	f->key_at = (uint8_t)((f->key_at + n) & 3);
	f->left -= n;
}

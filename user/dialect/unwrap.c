// SPDX-License-Identifier: Apache-2.0
#include "dialect/unwrap.h"

#include <errno.h>

enum unwrap_state {
	UNWRAP_OBJECT, /* before '{' */
	UNWRAP_MEMBER, /* before a key */
	UNWRAP_KEY,
	UNWRAP_COLON,
	UNWRAP_VALUE, /* before a value */
	UNWRAP_BASE64,
	UNWRAP_PASS, /* inside a value of another key */
	UNWRAP_END,
	UNWRAP_BAD,
};

static const char wanted[] = "bytes";

void unwrap__begin(struct unwrap *u)
{
	*u = (struct unwrap){0};
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* -1: none */
static int digit(uint8_t c, unsigned int base)
{
	static const char hex[] = "0123456789abcdef";
	static const char base64[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *digits = base == 16 ? hex : base64, *at;

	if (base == 16 && c >= 'A' && c <= 'F')
		c = (uint8_t)(c - 'A' + 'a');
	at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

/* A character of base64: how many bytes it completed (0 or 1), or -1. */
static int sextet(struct unwrap *u, uint8_t c, uint8_t *ret)
{
	int n = digit(c, 64);

	if (c == '=') {
		u->padded = true;
		return 0;
	}
	if (n < 0 || u->padded)
		return -1;
	u->bits = (u->bits << 6 | (uint32_t)n) & 0xFFFF;
	u->bits_n = (uint8_t)(u->bits_n + 6);
	if (u->bits_n < 8)
		return 0;
	u->bits_n = (uint8_t)(u->bits_n - 8);
	*ret = (uint8_t)(u->bits >> u->bits_n);
	return 1;
}

/* A byte of the string with the base64: JSON may escape '/' and, by number, anything. */
static int text(struct unwrap *u, uint8_t c, uint8_t *ret)
{
	int n;

	if (u->hex_n) {
		n = digit(c, 16);
		u->hex = (uint16_t)(u->hex << 4 | (n & 15));
		if (n < 0 || (--u->hex_n == 0 && u->hex > 0x7F))
			return -1;
		return u->hex_n ? 0 : sextet(u, (uint8_t)u->hex, ret);
	}
	if (u->escape) {
		u->escape = false;
		u->hex_n = c == 'u' ? 4 : 0;
		u->hex = 0;
		return c == 'u' ? 0 : c == '/' ? sextet(u, c, ret) : -1;
	}
	if (c == '\\') {
		u->escape = true;
		return 0;
	}
	if (c == '"') {
		u->state = UNWRAP_MEMBER;
		return 0;
	}
	return sextet(u, c, ret);
}

static void key(struct unwrap *u, uint8_t c)
{
	if (u->escape) {
		u->escape = false;
	} else if (c == '\\') {
		u->escape = u->other = true;
	} else if (c == '"') {
		u->other |= u->key_n != sizeof(wanted) - 1;
		u->state = UNWRAP_COLON;
	} else if (u->key_n < sizeof(wanted) - 1 && c == (uint8_t)wanted[u->key_n]) {
		u->key_n++;
	} else {
		u->other = true;
	}
}

/* A byte of a value that is passed over. */
static void pass(struct unwrap *u, uint8_t c)
{
	if (u->escape) {
		u->escape = false;
	} else if (u->quoted) {
		u->escape = c == '\\';
		u->quoted = c != '"';
	} else if (c == '"') {
		u->quoted = true;
	} else if (c == '{' || c == '[') {
		u->depth++;
	} else if ((c == '}' || c == ']') && u->depth) {
		u->depth--;
	} else if (!u->depth && (c == ',' || c == '}')) {
		u->state = c == ',' ? UNWRAP_MEMBER : UNWRAP_END;
	}
}

/* A byte of the object. How many bytes it completed (0 or 1), or -1. */
static int step(struct unwrap *u, uint8_t c, uint8_t *ret)
{
	switch ((enum unwrap_state)u->state) {
	case UNWRAP_OBJECT:
		u->state = c == '{' ? UNWRAP_MEMBER : UNWRAP_OBJECT;
		return c == '{' || is_blank(c) ? 0 : -1;
	case UNWRAP_MEMBER:
		if (c == '}')
			u->state = UNWRAP_END;
		else if (c == '"')
			u->state = UNWRAP_KEY;
		u->key_n = 0;
		u->other = false;
		return c == '}' || c == '"' || c == ',' || is_blank(c) ? 0 : -1;
	case UNWRAP_KEY:
		key(u, c);
		return 0;
	case UNWRAP_COLON:
		u->state = c == ':' ? UNWRAP_VALUE : UNWRAP_COLON;
		return c == ':' || is_blank(c) ? 0 : -1;
	case UNWRAP_VALUE:
		if (is_blank(c))
			return 0;
		u->depth = 0;
		u->quoted = false;
		u->state = !u->other && c == '"' ? UNWRAP_BASE64 : UNWRAP_PASS;
		if (u->state == UNWRAP_PASS)
			pass(u, c);
		return 0;
	case UNWRAP_BASE64:
		return text(u, c, ret);
	case UNWRAP_PASS:
		pass(u, c);
		return 0;
	case UNWRAP_END:
		return is_blank(c) ? 0 : -1;
	default:
		return -1;
	}
}

int unwrap__feed(struct unwrap *u, struct span in, void (*out)(void *ctx, struct span piece),
		 void *ctx)
{
	uint8_t piece[256];
	size_t n = 0, i;
	int got = 0;

	for (i = 0; i < in.n && got >= 0; i++) {
		got = step(u, in.p[i], &piece[n]);
		n += got > 0;
		if (n == sizeof(piece)) {
			out(ctx, span(piece, n));
			n = 0;
		}
	}
	if (n)
		out(ctx, span(piece, n));
	if (got < 0)
		u->state = UNWRAP_BAD;
	return got < 0 ? -EBADMSG : 0;
}

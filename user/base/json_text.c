// SPDX-License-Identifier: Apache-2.0
#include "base/json_text.h"

#include <errno.h>

enum text_mode {
	MODE_PLAIN,
	MODE_ESCAPE, /* after a backslash */
	MODE_HEX,    /* in the digits of \u */
};

static const char replacement[] = "\xEF\xBF\xBD";

void json_text__init(struct json_text *t)
{
	*t = (struct json_text){0};
	buf__init(&t->out, 0);
}

void json_text__begin(struct json_text *t, size_t max)
{
	buf__clear(&t->out);
	t->out.max = max;
	t->error = 0;
	t->truncated = false;
	t->invalid = false;
	t->mode = MODE_PLAIN;
	t->high = 0;
	t->seq_n = 0;
}

void json_text__free(struct json_text *t)
{
	buf__free(&t->out);
}

/* Appends one code point, or nothing of it, so that a cut never splits a sequence. */
static void put(struct json_text *t, const void *p, size_t n)
{
	int err;

	if (t->truncated || t->error)
		return;
	err = buf__add(&t->out, span(p, n));
	if (err == -E2BIG)
		t->truncated = true;
	else
		t->error = err;
}

static void put_code(struct json_text *t, uint32_t c)
{
	uint8_t u[4];

	if (c < 0x80) {
		u[0] = (uint8_t)c;
		put(t, u, 1);
	} else if (c < 0x800) {
		u[0] = (uint8_t)(0xC0 | c >> 6);
		u[1] = (uint8_t)(0x80 | (c & 0x3F));
		put(t, u, 2);
	} else if (c < 0x10000) {
		u[0] = (uint8_t)(0xE0 | c >> 12);
		u[1] = (uint8_t)(0x80 | (c >> 6 & 0x3F));
		u[2] = (uint8_t)(0x80 | (c & 0x3F));
		put(t, u, 3);
	} else {
		u[0] = (uint8_t)(0xF0 | c >> 18);
		u[1] = (uint8_t)(0x80 | (c >> 12 & 0x3F));
		u[2] = (uint8_t)(0x80 | (c >> 6 & 0x3F));
		u[3] = (uint8_t)(0x80 | (c & 0x3F));
		put(t, u, 4);
	}
}

static void put_replacement(struct json_text *t)
{
	put(t, replacement, sizeof(replacement) - 1);
}

/* What was begun and cannot be continued by what comes next. */
static void settle(struct json_text *t)
{
	if (t->seq_n)
		put_replacement(t);
	t->seq_n = 0;
	if (t->high)
		put_replacement(t);
	t->high = 0;
}

/* The well-formed sequences of Unicode 15, table 3-7. */
static void utf8_lead(struct json_text *t, uint8_t c)
{
	t->seq_lo = 0x80;
	t->seq_hi = 0xBF;
	if (c >= 0xC2 && c <= 0xDF) {
		t->seq_need = 2;
	} else if (c >= 0xE0 && c <= 0xEF) {
		t->seq_need = 3;
		if (c == 0xE0)
			t->seq_lo = 0xA0;
		else if (c == 0xED)
			t->seq_hi = 0x9F;
	} else if (c >= 0xF0 && c <= 0xF4) {
		t->seq_need = 4;
		if (c == 0xF0)
			t->seq_lo = 0x90;
		else if (c == 0xF4)
			t->seq_hi = 0x8F;
	} else {
		put_replacement(t);
		return;
	}
	t->seq[0] = c;
	t->seq_n = 1;
}

/* A byte of a sequence; false where it does not continue the one begun. */
static bool utf8_next(struct json_text *t, uint8_t c)
{
	if (c < t->seq_lo || c > t->seq_hi)
		return false;
	t->seq_lo = 0x80;
	t->seq_hi = 0xBF;
	t->seq[t->seq_n++] = c;
	if (t->seq_n == t->seq_need) {
		put(t, t->seq, t->seq_need);
		t->seq_n = 0;
	}
	return true;
}

static void escape(struct json_text *t, uint8_t c)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *at = c ? strchr(from, c) : NULL;

	t->mode = MODE_PLAIN;
	if (c == 'u') {
		t->mode = MODE_HEX;
		t->hex_left = 4;
		t->hex = 0;
		return;
	}
	settle(t);
	if (at) {
		put(t, &to[at - from], 1);
		return;
	}
	t->invalid = true;
	put_replacement(t);
}

static void escape_unicode(struct json_text *t)
{
	uint16_t c = t->hex;

	t->mode = MODE_PLAIN;
	if (c >= 0xDC00 && c <= 0xDFFF && t->high) {
		put_code(t, 0x10000 + ((uint32_t)(t->high - 0xD800) << 10) + (c - 0xDC00u));
		t->high = 0;
		return;
	}
	settle(t);
	if (c >= 0xD800 && c <= 0xDBFF)
		t->high = c;
	else if (c >= 0xDC00 && c <= 0xDFFF)
		put_replacement(t);
	else
		put_code(t, c);
}

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A run of bytes that need no decoding. */
static const uint8_t *plain(struct json_text *t, const uint8_t *p, const uint8_t *end)
{
	const uint8_t *q = p;
	ptrdiff_t n;

	while (q < end && *q < 0x80 && *q != '"' && *q != '\\')
		q++;
	if (t->truncated || t->error)
		return q;
	n = buf__add_some(&t->out, span(p, (size_t)(q - p)));
	if (n < 0)
		t->error = (int)n;
	else if (n < q - p)
		t->truncated = true;
	return q;
}

const uint8_t *json_text__feed(struct json_text *t, const uint8_t *p, const uint8_t *end)
{
	while (p < end) {
		uint8_t c = *p;
		int digit;

		if (t->mode == MODE_ESCAPE) {
			escape(t, c);
			p++;
			continue;
		}
		if (t->mode == MODE_HEX) {
			digit = hex_digit(c);
			if (digit < 0) { /* the byte is looked at again as plain text */
				t->invalid = true;
				t->mode = MODE_PLAIN;
				settle(t);
				put_replacement(t);
				continue;
			}
			t->hex = (uint16_t)(t->hex << 4 | digit);
			if (--t->hex_left == 0)
				escape_unicode(t);
			p++;
			continue;
		}
		if (t->seq_n && utf8_next(t, c)) {
			p++;
			continue;
		}
		if (c == '\\') {
			if (t->seq_n) { /* a surrogate still waits for what the escape is */
				put_replacement(t);
				t->seq_n = 0;
			}
			t->mode = MODE_ESCAPE;
			p++;
			continue;
		}
		settle(t);
		if (c == '"')
			return p + 1;
		if (c < 0x80) {
			p = plain(t, p, end);
			continue;
		}
		utf8_lead(t, c);
		p++;
	}
	return NULL;
}

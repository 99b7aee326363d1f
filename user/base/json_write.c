// SPDX-License-Identifier: Apache-2.0
#include "base/json_write.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/utf8.h"

void json_write__init(struct json_write *w, struct buf *out)
{
	*w = (struct json_write){.out = out};
}

static void put(struct json_write *w, struct span s)
{
	if (!w->err)
		w->err = buf__add(w->out, s);
}

static void before(struct json_write *w)
{
	if (w->comma)
		put(w, SPAN_LIT(","));
	w->comma = true;
}

void json_write__open(struct json_write *w, char bracket)
{
	before(w);
	put(w, span(&bracket, 1));
	w->comma = false;
}

void json_write__close(struct json_write *w, char bracket)
{
	put(w, span(&bracket, 1));
	w->comma = true;
}

static bool plain(uint8_t c)
{
	return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

static void put_escape(struct json_write *w, uint32_t cp)
{
	static const struct {
		uint32_t cp;
		const char *text;
	} brief[] = {
		{'"', "\\\""}, {'\\', "\\\\"}, {'\n', "\\n"}, {'\r', "\\r"},
		{'\t', "\\t"}, {'\b', "\\b"},  {'\f', "\\f"},
	};
	char text[16];
	size_t i;

	for (i = 0; i < sizeof(brief) / sizeof(brief[0]); i++) {
		if (brief[i].cp == cp) {
			put(w, span_str(brief[i].text));
			return;
		}
	}
	if (cp > 0xFFFF)
		snprintf(text, sizeof(text), "\\u%04x\\u%04x", 0xD800 + ((cp - 0x10000) >> 10),
			 0xDC00 + ((cp - 0x10000) & 0x3FF));
	else
		snprintf(text, sizeof(text), "\\u%04x", cp);
	put(w, span_str(text));
}

static void put_quoted(struct json_write *w, struct span s)
{
	uint8_t utf8[4];
	uint32_t cp = 0;
	size_t n;

	put(w, SPAN_LIT("\""));
	while (s.n) {
		for (n = 0; n < s.n && plain(s.p[n]); n++)
			;
		if (n) {
			put(w, span_head(s, n));
			s = span_skip(s, n);
			continue;
		}
		n = utf8__next(s, &cp);
		if (cp == '"' || cp == '\\' || utf8__unsafe(cp))
			put_escape(w, cp);
		else
			put(w, span(utf8, utf8__encode(cp, utf8)));
		s = span_skip(s, n);
	}
	put(w, SPAN_LIT("\""));
}

void json_write__key(struct json_write *w, const char *key)
{
	json_write__name(w, span_str(key));
}

void json_write__name(struct json_write *w, struct span key)
{
	before(w);
	put_quoted(w, key);
	put(w, SPAN_LIT(":"));
	w->comma = false;
}

void json_write__spelled(struct json_write *w, struct span s)
{
	before(w);
	put(w, s);
}

void json_write__text(struct json_write *w, struct span s)
{
	before(w);
	put_quoted(w, s);
}

void json_write__string(struct json_write *w, const char *s)
{
	before(w);
	if (s)
		put_quoted(w, span_str(s));
	else
		put(w, SPAN_LIT("null"));
}

void json_write__raw(struct json_write *w, const char *json)
{
	before(w);
	put(w, span_str(json));
}

void json_write__int(struct json_write *w, int64_t v)
{
	char text[24];

	before(w);
	put(w, span(text, snprintf(text, sizeof(text), "%" PRId64, v)));
}

void json_write__uint(struct json_write *w, uint64_t v)
{
	char text[24];

	before(w);
	put(w, span(text, snprintf(text, sizeof(text), "%" PRIu64, v)));
}

void json_write__bool(struct json_write *w, bool v)
{
	before(w);
	put(w, v ? SPAN_LIT("true") : SPAN_LIT("false"));
}

void json_write__real(struct json_write *w, double v)
{
	char text[32];
	int digits;

	before(w);
	if (!isfinite(v)) {
		put(w, SPAN_LIT("null"));
		return;
	}
	/* 15 digits survive any text → double → text, 17 any double → text → double. */
	for (digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, v);
		if (strtod(text, NULL) == v)
			break;
	}
	put(w, span_str(text));
}

void json_write__seconds(struct json_write *w, int64_t ns)
{
	uint64_t abs_ns = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
	char text[40];
	int n;

	before(w);
	n = snprintf(text, sizeof(text), "%s%" PRIu64 ".%09" PRIu64, ns < 0 ? "-" : "",
		     abs_ns / 1000000000, abs_ns % 1000000000);
	while (text[n - 1] == '0')
		n--;
	if (text[n - 1] == '.')
		n--;
	put(w, span(text, n));
}

void json_write__hex(struct json_write *w, const uint8_t *p, size_t n)
{
	static const char digit[] = "0123456789abcdef";
	char two[2];
	size_t i;

	before(w);
	put(w, SPAN_LIT("\""));
	for (i = 0; i < n; i++) {
		two[0] = digit[p[i] >> 4];
		two[1] = digit[p[i] & 15];
		put(w, span(two, 2));
	}
	put(w, SPAN_LIT("\""));
}

void json_write__time(struct json_write *w, uint64_t realtime_ns)
{
	time_t s = realtime_ns / 1000000000;
	char text[64];
	struct tm tm = {0};

	gmtime_r(&s, &tm);
	snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%09" PRIu64 "Z",
		 tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
		 realtime_ns % 1000000000);
	json_write__string(w, text);
}

void json_write__put_text(struct json_write *w, const char *key, const char *text)
{
	if (!text || !*text)
		return;
	json_write__key(w, key);
	json_write__string(w, text);
}

void json_write__put_uint(struct json_write *w, const char *key, uint64_t v)
{
	json_write__key(w, key);
	json_write__uint(w, v);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* aws_frames.h: event streams of application/vnd.amazon.eventstream for tests: a frame is its
 * length, the length of its headers, the CRC of both, headers, payload, the CRC of all. */
#ifndef AWS_FRAMES_H
#define AWS_FRAMES_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static void aws_u32(FILE *f, uint32_t n)
{
	int shift;

	for (shift = 24; shift >= 0; shift -= 8)
		fputc((int)(n >> shift & 0xFF), f);
}

static void aws_header(FILE *f, const char *name, const char *value)
{
	fputc((int)strlen(name), f);
	fputs(name, f);
	fputc(7, f); /* a string */
	fputc((int)(strlen(value) >> 8), f);
	fputc((int)(strlen(value) & 0xFF), f);
	fputs(value, f);
}

/* Appends a frame to f. kind: "event" or "exception". */
static void aws_frame(FILE *f, const char *kind, const char *type, const char *payload)
{
	char name[32], *headers, *all;
	size_t headers_n, n;
	FILE *h = open_memstream(&headers, &headers_n), *a;

	snprintf(name, sizeof(name), ":%s-type", kind);
	aws_header(h, name, type);
	aws_header(h, ":content-type", "application/json");
	aws_header(h, ":message-type", kind);
	fclose(h);
	a = open_memstream(&all, &n);
	aws_u32(a, (uint32_t)(16 + headers_n + strlen(payload)));
	aws_u32(a, (uint32_t)headers_n);
	fflush(a);
	aws_u32(a, (uint32_t)crc32(0, (const uint8_t *)all, 8));
	fwrite(headers, 1, headers_n, a);
	fputs(payload, a);
	fflush(a);
	aws_u32(a, (uint32_t)crc32(0, (const uint8_t *)all, (unsigned int)n));
	fclose(a);
	fwrite(all, 1, n, f);
	free(headers);
	free(all);
}

/* {"bytes":"<base64 of json>","p":"abc"}, for the caller to free. */
static inline char *aws_wrap(const char *json)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t n, i, k;
	uint32_t bits;
	char *p;
	FILE *f = open_memstream(&p, &n);

	fputs("{\"bytes\":\"", f);
	for (i = 0; i < strlen(json); i += 3) {
		for (bits = 0, k = 0; k < 3; k++)
			bits = bits << 8 | (i + k < strlen(json) ? (uint8_t)json[i + k] : 0);
		for (k = 0; k < 4; k++)
			fputc(i + k > strlen(json) ? '=' : digits[bits >> (18 - 6 * k) & 63], f);
	}
	fputs("\",\"p\":\"abc\"}", f);
	fclose(f);
	return p;
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* aws_frame.h: makes frames of application/vnd.amazon.eventstream, for tests. */
#ifndef AWS_FRAME_H
#define AWS_FRAME_H

#include <stdint.h>
#include <string.h>
#include <zlib.h>

static inline void put32(uint8_t *p, uint32_t n)
{
	p[0] = (uint8_t)(n >> 24);
	p[1] = (uint8_t)(n >> 16);
	p[2] = (uint8_t)(n >> 8);
	p[3] = (uint8_t)n;
}

/* Appends a string header to the n bytes at p; returns how many there are then. */
static inline size_t aws_header(uint8_t *p, size_t n, const char *name, const char *value)
{
	p[n++] = (uint8_t)strlen(name);
	memcpy(p + n, name, strlen(name));
	n += strlen(name);
	p[n++] = 7;
	p[n++] = (uint8_t)(strlen(value) >> 8);
	p[n++] = (uint8_t)strlen(value);
	memcpy(p + n, value, strlen(value));
	return n + strlen(value);
}

/* Appends a frame to the n bytes at p; returns how many there are then. */
static inline size_t aws_frame(uint8_t *p, size_t n, const void *headers, size_t headers_n,
			       const void *payload, size_t payload_n)
{
	size_t total = 16 + headers_n + payload_n;

	p += n;
	put32(p, (uint32_t)total);
	put32(p + 4, (uint32_t)headers_n);
	put32(p + 8, (uint32_t)crc32(0, p, 8));
	if (headers_n)
		memcpy(p + 12, headers, headers_n);
	if (payload_n)
		memcpy(p + 12 + headers_n, payload, payload_n);
	put32(p + total - 4, (uint32_t)crc32(0, p, (unsigned int)total - 4));
	return n + total;
}

/* An event as Bedrock sends it. */
static inline size_t aws_event(uint8_t *p, size_t n, const char *type, const char *json)
{
	uint8_t headers[512];
	size_t h = aws_header(headers, 0, ":event-type", type);

	h = aws_header(headers, h, ":content-type", "application/json");
	h = aws_header(headers, h, ":message-type", "event");
	return aws_frame(p, n, headers, h, json, strlen(json));
}

#endif

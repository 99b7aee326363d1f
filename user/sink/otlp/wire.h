/* SPDX-License-Identifier: Apache-2.0 */
/* wire.h: protobuf's wire format, as far as messages that are packed already are put into others
 * (protobuf.dev, "Encoding"). */
#ifndef LLMSNOOP_OTLP_WIRE_H
#define LLMSNOOP_OTLP_WIRE_H

#include "base/buf.h"

/* Bytes that field number field (below 16) of n bytes takes: tag, length, content. */
static inline size_t otlp_wire__size(size_t n)
{
	size_t size = 2 + n, rest = n;

	for (; rest >= 0x80; rest >>= 7)
		size++;
	return size;
}

/* The tag and the length of such a field, whose n bytes are to follow. As buf__add. */
static inline int otlp_wire__begin(struct buf *out, unsigned int field, size_t n)
{
	uint8_t head[12];
	size_t at = 0;

	head[at++] = (uint8_t)(field << 3 | 2);
	for (; n >= 0x80; n >>= 7)
		head[at++] = (uint8_t)(n | 0x80);
	head[at++] = (uint8_t)n;
	return buf__add(out, (struct span){head, at});
}

/* The whole field. */
static inline int otlp_wire__field(struct buf *out, unsigned int field, struct span content)
{
	size_t was = out->n;
	int err = otlp_wire__begin(out, field, content.n);

	if (!err)
		err = buf__add(out, content);
	if (err)
		out->n = was;
	return err;
}

#endif

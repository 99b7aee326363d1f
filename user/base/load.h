/* SPDX-License-Identifier: Apache-2.0 */
/* load.h: numbers out of bytes, wherever these begin. */
#ifndef LLMSNOOP_LOAD_H
#define LLMSNOOP_LOAD_H

#include <stdint.h>
#include <string.h>

/* 8 bytes, the least significant first. */
static inline uint64_t load_le64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	return v;
}

#endif

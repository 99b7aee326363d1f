// SPDX-License-Identifier: Apache-2.0
/* Any bytes as an AWS event stream. The first byte seeds the cuts, the second asks for a gap of the
 * third's length. Unless the third is odd, lengths and checksums are set right first, as far as
 * frames reach: a fuzzer finds no CRC. */
#include <zlib.h>

#include "fuzz_framing.h"

static void put32(uint8_t *p, size_t n)
{
	p[0] = (uint8_t)(n >> 24);
	p[1] = (uint8_t)(n >> 16);
	p[2] = (uint8_t)(n >> 8);
	p[3] = (uint8_t)n;
}

static void repair(uint8_t *p, size_t n)
{
	size_t total, headers;

	for (; n >= 16; p += total, n -= total) {
		total = 16 + ((size_t)p[2] << 8 | p[3]) % (n - 15);
		headers = ((size_t)p[6] << 8 | p[7]) % (total - 15);
		put32(p, total);
		put32(p + 4, headers);
		put32(p + 8, crc32(0, p, 8));
		put32(p + total - 4, crc32(0, p, (unsigned int)total - 4));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	uint8_t *copy;

	if (n < 4)
		return 0;
	copy = malloc(n - 3);
	memcpy(copy, data + 3, n - 3);
	if (!(data[2] & 1))
		repair(copy, n - 3);
	splits_agree(FRAMING_AWS, span(copy, n - 3), data[0], data[1], data[2]);
	free(copy);
	return 0;
}

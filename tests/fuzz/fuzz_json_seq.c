// SPDX-License-Identifier: Apache-2.0
/* Any bytes as a sequence of JSON documents. The first byte seeds the cuts, the second asks for a
 * gap. */
#include "fuzz_framing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n >= 2)
		splits_agree(FRAMING_JSON, span(data + 2, n - 2), data[0], data[1], 1);
	return 0;
}

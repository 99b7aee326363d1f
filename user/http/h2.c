// SPDX-License-Identifier: Apache-2.0
#include "http/h2.h"

#define FRAME_HEADER 9 /* RFC 9113, 4.1: length (3), type, flags, stream (4) */
#define SETTINGS 4
#define SETTING_BYTES 6
#define SETTINGS_MAX (64 * SETTING_BYTES) /* servers send a handful */

static enum protocol_match match_settings(struct span first)
{
	size_t i;

	for (i = 0; i < first.n && i < FRAME_HEADER; i++)
		if (i != 1 && i != 2 && first.p[i] != (i == 3 ? SETTINGS : 0))
			return MATCH_NO;
	if (first.n >= 3) {
		unsigned int len = first.p[1] << 8 | first.p[2];

		if (len % SETTING_BYTES || len > SETTINGS_MAX)
			return MATCH_NO;
	}
	return first.n >= FRAME_HEADER ? MATCH_YES : MATCH_MORE;
}

static enum protocol_match h2__match(struct span first, enum side *ret_side)
{
	static const struct span preface = SPAN_LIT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

	if (first.n && first.p[0] != preface.p[0]) {
		*ret_side = SIDE_RESPONSE;
		return match_settings(first);
	}
	*ret_side = SIDE_REQUEST;
	if (span_starts(first, preface))
		return MATCH_YES;
	return span_starts(preface, first) ? MATCH_MORE : MATCH_NO;
}

const struct protocol http2_protocol = {
	.name = "h2",
	.match = h2__match,
};

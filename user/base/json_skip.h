/* SPDX-License-Identifier: Apache-2.0 */
/* json_skip.h: the end of a string or container of which nothing else matters, piece by piece, with
 * the same result at every split. Brackets are counted, not matched; depth costs nothing. */
#ifndef LLMSNOOP_JSON_SKIP_H
#define LLMSNOOP_JSON_SKIP_H

#include <stdbool.h>
#include <stdint.h>

struct json_skip {
	uint64_t depth;	  /* open containers, the skipped one included; 0: it ended */
	uint64_t deepest; /* the most there were */
	bool in_string;	  /* of the container */
	bool escaped;	  /* in a string, behind an odd number of backslashes */
};

/* A container begins: call behind its bracket. */
void json_skip__begin(struct json_skip *s);
/* The place behind its end, or NULL: all of [p, end) belongs to it. */
const uint8_t *json_skip__container(struct json_skip *s, const uint8_t *p, const uint8_t *end);

/* The place behind the closing quote, or NULL. Behind the opening quote set escaped to false. */
const uint8_t *json_skip__string(struct json_skip *s, const uint8_t *p, const uint8_t *end);

#endif

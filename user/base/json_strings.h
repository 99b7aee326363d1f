/* SPDX-License-Identifier: Apache-2.0 */
/* json_strings.h: how much text a JSON document holds: the bytes of its strings, as spelled, keys
 * apart, but for runs that are data and no text (base64 of images, audio, files). No I/O, no
 * memory, the same result at every split. What is not JSON holds none. */
#ifndef LLMSNOOP_JSON_STRINGS_H
#define LLMSNOOP_JSON_STRINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

/* From so many bytes without a space or a mark on, it is base64: no language has such words. */
#define JSON_STRINGS_RUN 256

/* All zero is the begin of a document. */
struct json_strings {
	uint64_t text_bytes; /* of whole strings that are no keys */
	uint64_t key_bytes;
	uint64_t string; /* of the string that is read, or was: it may be a key */
	uint64_t run;	 /* bytes of base64's alphabet that came in a row */
	uint8_t state;
};

void json_strings__feed(struct json_strings *s, struct span in);
/* Of what is no key, up to here: of a string that was cut, too. */
uint64_t json_strings__bytes(const struct json_strings *s);

#endif

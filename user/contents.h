/* SPDX-License-Identifier: Apache-2.0 */
/* contents.h: what is kept of what is said, as the options have it: --content, --redact, --sample.
 */
#ifndef LLMSNOOP_CONTENTS_H
#define LLMSNOOP_CONTENTS_H

#include "base/arena.h"
#include "content/content.h"

struct options;

/* All zero: nothing. */
struct contents {
	struct content_config config;
	struct arena_budget budget;
};

/* 0, or the exit status with which the program is to end, after a message: what cannot be masked as
 * asked is not kept at all. */
int contents__open(const struct options *o, struct contents *ret);
void contents__close(struct contents *c);

/* Each goes on with the other's masks; calls under way as well. */
void contents__exchange_masks(struct contents *a, struct contents *b);

/* For the tracker, for as long as c stays where it is; NULL: nothing is kept. */
const struct content_config *contents__config(const struct contents *c);
/* "off", "full, masked": for the line that says what is traced. */
const char *contents__text(const struct contents *c);

#endif

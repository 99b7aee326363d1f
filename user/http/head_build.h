/* SPDX-License-Identifier: Apache-2.0 */
/* head_build.h: a struct http_head put together field by field, whatever version it came in.
 * Secrets are left out here, and what is past a limit. No I/O, clock, globals or logging. */
#ifndef LLMSNOOP_HEAD_BUILD_H
#define LLMSNOOP_HEAD_BUILD_H

#include "base/buf.h"
#include "http/msg.h"

struct limits;

/* A place in text, which moves as it grows. at is 0 for nothing: text begins with a spare byte. */
struct head_slot {
	uint32_t at, n;
};

struct head_field {
	struct head_slot name, value;
};

struct head_build {
	const struct limits *lim;
	const uint8_t *key; /* of credentials' fingerprints */
	struct buf text;    /* what is kept */
	struct head_slot method, path, query, authority, host;
	struct head_field *fields;
	unsigned int n, cap;
	struct http_header *headers;
	struct http_head head;
	unsigned int key_rank;
};

enum head_added {
	HEAD_LEFT_OUT, /* a secret, or past a limit (head.truncated says so) */
	HEAD_KEPT,
};

/* lim and key are borrowed for its life. -ENOMEM. */
int head_build__init(struct head_build *b, const struct limits *lim, const uint8_t *key);

/* Keeps a copy of s. -E2BIG past limits.head_bytes, -ENOMEM. */
int head_build__keep(struct head_build *b, struct span s, struct head_slot *ret);

/* What ret holds; lives until the next one is kept. */
struct span head_build__at(const struct head_build *b, struct head_slot slot);

/* Keeps path and query of what remains of a target behind its authority. Errors as above. */
int head_build__path(struct head_build *b, struct span target);

/* Keeps an authority without its user information, which may be a credential. */
int head_build__authority(struct head_build *b, struct span authority);

/* Adds a header; cut: only the beginning of the value is there. enum head_added, or -ENOMEM. */
int head_build__add(struct head_build *b, enum side side, struct span name, struct span value,
		    bool cut);

/* Puts another piece of the last header's value behind it, after a space. */
void head_build__fold(struct head_build *b, struct span more, bool cut);

/* Makes b->head whole; it lives as long as b. -ENOMEM. */
int head_build__finish(struct head_build *b);

void head_build__free(struct head_build *b);

#endif

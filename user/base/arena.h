/* SPDX-License-Identifier: Apache-2.0 */
/* arena.h: small allocations that live and die together, bounded for each arena and, through a
 * budget that arenas share, in sum. */
#ifndef LLMSNOOP_ARENA_H
#define LLMSNOOP_ARENA_H

#include <stddef.h>

#include "base/span.h"

/* What all arenas of one kind may take together. */
struct arena_budget {
	size_t used_bytes;
	size_t max_bytes;
	struct arena_budget *whole; /* that this is a share of, borrowed; NULL: none */
};

/* Takes n bytes of it, and of what it is a share of. False: there is no room, nothing is taken. */
bool arena_budget__take(struct arena_budget *b, size_t n);
void arena_budget__give(struct arena_budget *b, size_t n); /* back; NULL is fine */

struct arena_block;

struct arena {
	struct arena_block *blocks; /* the newest first */
	size_t used_bytes;	    /* allocated from the system */
	size_t max_bytes;
	struct arena_budget *budget; /* borrowed */
};

/* An empty arena. Nothing is allocated yet. */
void arena__init(struct arena *a, size_t max_bytes, struct arena_budget *budget);

/* n zeroed bytes, aligned for any type, or NULL: past a bound or out of memory. */
void *arena__alloc(struct arena *a, size_t n);

/* s as a C string. A NUL, which a C string cannot hold, becomes U+FFFD. NULL as arena__alloc. */
char *arena__string(struct arena *a, struct span s);

/* Frees everything; the arena is empty and usable again. */
void arena__free(struct arena *a);

#endif

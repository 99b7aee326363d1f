/* SPDX-License-Identifier: Apache-2.0 */
/* text.h: a short text of a fixed size, for what must be kept until more of a document is known. */
#ifndef LLMSNOOP_TEXT_H
#define LLMSNOOP_TEXT_H

#include "base/span.h"

#define TEXT_MAX 192

struct text {
	uint16_t n; /* 0: none */
	bool truncated;
	uint8_t p[TEXT_MAX];
};

/* Keeps s, or its beginning and says so. cut: s itself is already cut. */
static inline void text__set(struct text *t, struct span s, bool cut)
{
	t->truncated = cut || s.n > TEXT_MAX;
	s = span_head(s, TEXT_MAX);
	/* Not into a UTF-8 sequence: what is cut off begins with no continuation byte. */
	if (t->truncated && s.n == TEXT_MAX)
		while (s.n && (s.p[s.n - 1] & 0xC0) == 0x80)
			s.n--;
	if (t->truncated && s.n && s.p[s.n - 1] >= 0xC0)
		s.n--;
	t->n = (uint16_t)s.n;
	if (s.n)
		memcpy(t->p, s.p, s.n);
}

/* Appends s as long as there is room; what does not fit is cut off and t says so. */
static inline void text__add(struct text *t, struct span s)
{
	size_t room = (size_t)(TEXT_MAX - t->n);

	if (t->truncated || !s.n)
		return;
	if (s.n > room) {
		t->truncated = true;
		s.n = room;
	}
	memcpy(t->p + t->n, s.p, s.n);
	t->n = (uint16_t)(t->n + s.n);
}

static inline struct span text__span(const struct text *t)
{
	return span(t->p, t->n);
}

#endif

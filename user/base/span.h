/* SPDX-License-Identifier: Apache-2.0 */
/* span.h: borrowed bytes. A span never owns; whoever gives one says how long it lives. */
#ifndef LLMSNOOP_SPAN_H
#define LLMSNOOP_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

struct span {
	const uint8_t *p; /* may be NULL when n is 0 */
	size_t n;
};

#define SPAN_NONE ((struct span){NULL, 0})
#define SPAN_LIT(s) ((struct span){(const uint8_t *)(s), sizeof(s) - 1})

static inline struct span span(const void *p, size_t n)
{
	return (struct span){p, n};
}

static inline struct span span_str(const char *s)
{
	return (struct span){(const uint8_t *)s, s ? strlen(s) : 0};
}

/* The first n bytes of s, or all of it. */
static inline struct span span_head(struct span s, size_t n)
{
	return (struct span){s.p, n < s.n ? n : s.n};
}

/* What follows the first n bytes of s; empty where s is not longer. */
static inline struct span span_skip(struct span s, size_t n)
{
	return n < s.n ? (struct span){s.p + n, s.n - n} : (struct span){s.p, 0};
}

static inline bool span_eq(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* ASCII case-insensitive. */
static inline bool span_ieq(struct span a, struct span b)
{
	return a.n == b.n &&
	       (a.n == 0 || strncasecmp((const char *)a.p, (const char *)b.p, a.n) == 0);
}

static inline bool span_starts(struct span s, struct span prefix)
{
	return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

static inline bool span_ends(struct span s, struct span tail)
{
	return s.n >= tail.n && (tail.n == 0 || memcmp(s.p + s.n - tail.n, tail.p, tail.n) == 0);
}

/* The offset of the first needle in s, or -1. */
static inline ptrdiff_t span_find(struct span s, struct span needle)
{
	const uint8_t *at;

	if (!needle.n || s.n < needle.n) /* memmem takes no NULL */
		return needle.n ? -1 : 0;
	at = memmem(s.p, s.n, needle.p, needle.n);
	return at ? at - s.p : -1;
}

/* s without spaces and tabs at both ends. */
static inline struct span span_trim(struct span s)
{
	while (s.n && (*s.p == ' ' || *s.p == '\t'))
		s.p++, s.n--;
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

#endif

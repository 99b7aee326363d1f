// SPDX-License-Identifier: Apache-2.0
#include "report/slow.h"

#include <stdio.h>

const char *slow__name(enum slow_kind kind)
{
	static const char *const names[] = {"call", "tool", "run"};

	return names[kind];
}

static void copy(char *to, size_t size, struct span s)
{
	s = span_head(s, size - 1);
	if (s.n)
		memcpy(to, s.p, s.n);
	to[s.n] = 0;
}

/* A span's name says the operation, too; who waits for it knows that. */
static struct span short_name(const struct entry *e)
{
	struct span s = e->text[ENTRY_NAME];
	ptrdiff_t at = span_find(s, SPAN_LIT(" "));

	return at > 0 && (size_t)at + 1 < s.n ? span_skip(s, (size_t)at + 1) : s;
}

void slow__add(struct slow *s, enum record_is is, const struct entry *e)
{
	static const struct {
		bool wanted;
		enum slow_kind kind;
	} kinds[] = {
		[RECORD_CALL] = {true, SLOW_CALL}, [RECORD_MCP] = {true, SLOW_TOOL},
		[RECORD_TOOL] = {true, SLOW_TOOL}, [RECORD_RUN] = {true, SLOW_RUN},
		[RECORD_FOREIGN] = {false},
	};
	int64_t ns = e->nano[ENTRY_DURATION];
	struct span feature = e->text[ENTRY_FEATURE];
	struct slow_step *list, *x;
	unsigned int *n, i;

	if (!kinds[is].wanted || ns < 0)
		return;
	list = s->step[kinds[is].kind];
	n = &s->n[kinds[is].kind];
	if (*n == SLOW_MAX && list[SLOW_MAX - 1].duration_ns >= ns)
		return;
	i = *n < SLOW_MAX ? (*n)++ : SLOW_MAX - 1;
	for (; i && list[i - 1].duration_ns < ns; i--)
		list[i] = list[i - 1];
	x = &list[i];
	x->duration_ns = ns;
	x->time_ns = e->time_ns;
	copy(x->name, sizeof(x->name), short_name(e));
	copy(x->feature, sizeof(x->feature), feature.n ? feature : e->text[ENTRY_SERVICE]);
	copy(x->trace, sizeof(x->trace), e->text[ENTRY_TRACE]);
}

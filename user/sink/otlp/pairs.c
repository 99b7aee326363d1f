// SPDX-License-Identifier: Apache-2.0
#include "sink/otlp/pairs.h"

#include <errno.h>
#include <stdlib.h>

#include "base/utf8.h"

/* What is before c, or all of s; *s becomes what follows c. */
static struct span cut(struct span *s, char c)
{
	const uint8_t *at = s->n ? memchr(s->p, c, s->n) : NULL;
	struct span head = at ? span(s->p, (size_t)(at - s->p)) : *s;

	*s = span_skip(*s, head.n + 1);
	return head;
}

bool pairs__next(struct span *list, struct span *ret_key, struct span *ret_value)
{
	struct span member;
	bool value;

	while (list->n) {
		member = span_trim(cut(list, ','));
		if (!member.n)
			continue;
		value = memchr(member.p, '=', member.n);
		*ret_key = span_trim(cut(&member, '='));
		*ret_value = value ? span_trim(member) : SPAN_NONE;
		if (value && !ret_value->p)
			*ret_value = SPAN_LIT("");
		return true;
	}
	return false;
}

static int hex(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_utf8(struct span s)
{
	static const struct span replacement = {(const uint8_t *)"\xef\xbf\xbd", 3};
	uint32_t cp = 0;
	size_t n;

	while ((n = utf8__next(s, &cp))) {
		if (cp == UTF8_REPLACEMENT && !span_eq(span_head(s, n), replacement))
			return false;
		s = span_skip(s, n);
	}
	return true;
}

int pairs__decode(struct span s, char **ret)
{
	char *text = malloc(s.n + 1);
	bool good = true;
	size_t i, n = 0;
	int c;

	if (!text)
		return -ENOMEM;
	for (i = 0; i < s.n && good; i++) {
		c = s.p[i];
		if (c == '%') {
			good = s.n - i > 2 && hex(s.p[i + 1]) >= 0 && hex(s.p[i + 2]) >= 0;
			c = good ? hex(s.p[i + 1]) << 4 | hex(s.p[i + 2]) : 0;
			i += 2;
		}
		good = c;
		text[n++] = (char)c;
	}
	text[n] = '\0';
	if (!good || !is_utf8(span(text, n))) {
		free(text);
		return -EBADMSG;
	}
	*ret = text;
	return 0;
}

int pairs__set(struct otlp_pair **pairs, unsigned int *n, unsigned int max, bool fold, char *key,
	       char *value)
{
	struct otlp_pair *grown;
	unsigned int i;
	int err = 0;

	for (i = 0; i < *n; i++) {
		if (fold ? strcasecmp((*pairs)[i].key, key) : strcmp((*pairs)[i].key, key))
			continue;
		free((*pairs)[i].value);
		(*pairs)[i].value = value;
		free(key);
		return 0;
	}
	grown = *n < max ? realloc(*pairs, (*n + 1) * sizeof(*grown)) : NULL;
	if (!grown) {
		err = *n < max ? -ENOMEM : -E2BIG;
		free(key);
		free(value);
		return err;
	}
	grown[(*n)++] = (struct otlp_pair){key, value};
	*pairs = grown;
	return err;
}

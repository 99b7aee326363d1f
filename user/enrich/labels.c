// SPDX-License-Identifier: Apache-2.0
#include "enrich/labels.h"

static struct span until(struct span s, char c)
{
	ptrdiff_t at = span_find(s, span(&c, 1));

	return at < 0 ? s : span_head(s, (size_t)at);
}

struct span labels__get(const char *lines, const char *prefix, struct span name)
{
	struct span rest = span_str(lines), line, key = span_str(prefix);

	while (rest.n) {
		line = until(rest, '\n');
		rest = span_skip(rest, line.n + 1);
		if (!span_starts(line, key))
			continue;
		line = span_skip(line, key.n);
		if (span_starts(line, name) && line.n > name.n && line.p[name.n] == '=')
			return span(line.p + name.n + 1, line.n - name.n - 1);
	}
	return SPAN_NONE;
}

struct span labels__resource(const char *lines, const char *key)
{
	struct span rest = labels__get(lines, "", SPAN_LIT("OTEL_RESOURCE_ATTRIBUTES"));
	struct span entry, name;

	while (rest.n) {
		entry = until(rest, ',');
		rest = span_skip(rest, entry.n + 1);
		name = until(entry, '=');
		if (name.n == entry.n || !span_eq(span_trim(name), span_str(key)))
			continue;
		entry = span_trim(span_skip(entry, name.n + 1));
		return span_find(entry, SPAN_LIT("%")) < 0 ? entry : SPAN_NONE;
	}
	return SPAN_NONE;
}

// SPDX-License-Identifier: Apache-2.0
/* Which format a scraper takes: RFC 9110, 12.5.1, as far as it concerns two media types. */
#include <stdlib.h>

#include "sink/prometheus_text.h"

/* The part of *s before the next sep, trimmed; *s is what follows. */
static struct span part(struct span *s, char sep)
{
	const uint8_t *at = s->n ? memchr(s->p, sep, s->n) : NULL;
	struct span head = at ? span_head(*s, (size_t)(at - s->p)) : *s;

	*s = span_skip(*s, head.n + 1);
	return span_trim(head);
}

/* A weight: at most three digits of fraction. What is none is none. */
static double weight(struct span s)
{
	char text[6] = {0};

	if (!s.n || s.n >= sizeof(text) || s.p[0] < '0' || s.p[0] > '1')
		return 0;
	memcpy(text, s.p, s.n);
	return strtod(text, NULL);
}

/* What one media range says of a type; negative: nothing. A version other than 1.x of OpenMetrics
 * is another format. */
static double weight_of(struct span range, struct span type, const char *version)
{
	struct span name = part(&range, ';'), param;
	double q = 1;

	if (!span_ieq(name, type))
		return -1;
	while (range.n) {
		param = part(&range, ';');
		if (span_starts(param, SPAN_LIT("q=")))
			q = weight(span_skip(param, 2));
		else if (span_starts(param, SPAN_LIT("version=")) &&
			 !span_starts(span_skip(param, 8), span_str(version)))
			return -1;
	}
	return q;
}

static double best(const char *accept, struct span type, const char *version)
{
	struct span all = span_str(accept);
	double q, max = 0;

	while (all.n) {
		q = weight_of(part(&all, ','), type, version);
		if (q > max)
			max = q;
	}
	return max;
}

enum prometheus_format prometheus_format__accepted(const char *accept)
{
	double open = best(accept, SPAN_LIT("application/openmetrics-text"), "1.");
	double text = best(accept, SPAN_LIT("text/plain"), "0.0.4");

	return open > 0 && open >= text ? PROMETHEUS_OPENMETRICS : PROMETHEUS_TEXT;
}

const char *prometheus_format__content_type(enum prometheus_format format)
{
	return format == PROMETHEUS_OPENMETRICS
		       ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
		       : "text/plain; version=0.0.4; charset=utf-8";
}

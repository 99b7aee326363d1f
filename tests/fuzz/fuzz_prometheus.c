// SPDX-License-Identifier: Apache-2.0
/* Calls whose texts are the input, as metrics in both formats: whatever the texts hold, each line
 * is a comment or one sample, each series is there once, and a page read in small pieces is the
 * page read at once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "sink/prometheus_text.h"

#define CHECK(condition)                                                        \
	do {                                                                    \
		if (!(condition)) {                                             \
			fprintf(stderr, "line %d: %s\n", __LINE__, #condition); \
			abort();                                                \
		}                                                               \
	} while (0)

/* The next text of the input, up to a NUL; NULL where it is empty. */
static const char *next(const char **at, const char *end)
{
	const char *s = *at, *stop = memchr(s, 0, (size_t)(end - s));

	*at = stop ? stop + 1 : end;
	return *s && s < end ? s : NULL;
}

static const char *after_value(const char *p)
{
	for (; *p != '"'; p++) {
		CHECK(*p && *p != '\n');
		if (*p == '\\') {
			p++;
			CHECK(*p == '\\' || *p == '"' || *p == 'n');
		}
	}
	return p + 1;
}

/* {name="value",...}; p is at the brace. */
static const char *after_labels(const char *p)
{
	do {
		p++;
		CHECK(*p == '_' || (*p >= 'a' && *p <= 'z'));
		p += strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789_");
		CHECK(p[0] == '=' && p[1] == '"');
		p = after_value(p + 2);
	} while (*p == ',');
	CHECK(*p == '}');
	return p + 1;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void check_page(char *text)
{
	static char *series[20000];
	char *line, *save = NULL, *end;
	size_t n = 0, i;
	struct span all = span_str(text);
	uint32_t cp;

	for (i = 0; (i = utf8__next(all, &cp)); all = span_skip(all, i))
		CHECK(cp != UTF8_REPLACEMENT || span_starts(all, SPAN_LIT("\xef\xbf\xbd")));
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (*line == '#') {
			CHECK(!strncmp(line, "# HELP ", 7) || !strncmp(line, "# TYPE ", 7) ||
			      !strncmp(line, "# UNIT ", 7) || !strcmp(line, "# EOF"));
			continue;
		}
		end = line + strspn(line, "abcdefghijklmnopqrstuvwxyz0123456789_");
		CHECK(end > line);
		if (*end == '{')
			end = (char *)after_labels(end);
		CHECK(*end == ' ');
		*end = 0;
		strtod(end + 1, &end);
		CHECK(!*end || !strncmp(end, " # {trace_id=\"", 14));
		CHECK(n < sizeof(series) / sizeof(series[0]));
		series[n++] = line;
	}
	qsort(series, n, sizeof(series[0]), by_text);
	for (i = 1; i < n; i++)
		CHECK(strcmp(series[i - 1], series[i]));
}

static char *page(struct metrics *m, enum prometheus_format format, size_t min)
{
	struct prometheus_text t = {.metrics = m, .format = format};
	struct buf out;
	int more;

	buf__init(&out, 1 << 26);
	do {
		more = prometheus_text__some(&t, &out, min);
	} while (more == 1);
	CHECK(!more && !buf__add(&out, span("", 1)));
	return (char *)out.p;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct metrics_config cfg = {
		.options =
			METRICS_RESPONSE_MODEL | METRICS_SERVER | METRICS_POD | METRICS_EXEMPLARS,
		.max_series = 20,
		.start_ns = 1,
	};
	char *copy, *text, *other;
	const char *at, *end;
	struct metrics *m;
	unsigned int calls = 0, format;

	if (size < 2 || size > 4096)
		return 0;
	cfg.semconv = data[0] & 1 ? SEMCONV_LATEST : SEMCONV_1_41;
	if (metrics__new(&cfg, &m))
		return 0;
	copy = malloc(size + 1);
	CHECK(copy);
	memcpy(copy, data, size);
	copy[size] = 0;
	for (at = copy + 1, end = copy + size; at < end && calls < 40; calls++) {
		struct call c = call_unknown;

		c.request_model = next(&at, end);
		c.operation = next(&at, end);
		c.error_type = next(&at, end);
		c.who.feature = next(&at, end);
		c.who.pod_name = next(&at, end);
		c.server_address = next(&at, end);
		c.server_port = 443;
		c.streamed = data[0] & 2;
		c.ttfc_ns = c.ttft_ns = data[1] * 1000000LL;
		c.duration_ns = data[1] * 10000000ULL;
		c.input_tokens = INT64_MAX >> (data[1] & 63);
		c.cost_nusd = data[1] & 4 ? data[1] : -1;
		memset(c.trace_id, data[1], sizeof(c.trace_id));
		metrics__call(m, &c);
	}
	for (format = PROMETHEUS_TEXT; format <= PROMETHEUS_OPENMETRICS; format++) {
		text = page(m, (enum prometheus_format)format, 1);
		other = page(m, (enum prometheus_format)format, 1 << 20);
		CHECK(!strncmp(text, other, (size_t)(strstr(text, "# HELP process_") - text)));
		check_page(text);
		free(text);
		free(other);
	}
	prometheus_format__accepted(copy + 1);
	metrics__free(m);
	free(copy);
	return 0;
}

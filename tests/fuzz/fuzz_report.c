// SPDX-License-Identifier: Apache-2.0
/* Any bytes as a file of records: a line is read the same at every split, and whatever it says, the
 * report can be made in every form, with no control character in it. The first byte chooses what it
 * is grouped by. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report/lines.h"
#include "report/sheet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static enum entry_end read_line(struct entry_reader *r, struct span s, size_t step,
				const struct entry **ret)
{
	enum entry_end end;

	while (s.n) {
		struct span piece = span_head(s, step);

		if (entry_reader__feed(r, piece))
			abort();
		s = span_skip(s, piece.n);
	}
	if (entry_reader__end(r, &end, ret))
		abort();
	return end;
}

static void same(struct entry_reader *whole, struct entry_reader *cut, struct span line,
		 size_t step)
{
	const struct entry *a, *b;
	enum entry_end end = read_line(whole, line, line.n ? line.n : 1, &a);

	if (read_line(cut, line, step, &b) != end)
		abort();
	if (end != ENTRY_READ)
		return;
	if (a->has_time != b->has_time || (a->has_time && a->time_ns != b->time_ns) ||
	    memcmp(a->count, b->count, sizeof(a->count)) ||
	    memcmp(a->nano, b->nano, sizeof(a->nano)) || memcmp(a->flag, b->flag, sizeof(a->flag)))
		abort();
	for (int i = 0; i < ENTRY_N_TEXTS; i++)
		if (!span_eq(a->text[i], b->text[i]))
			abort();
}

static void lines(const uint8_t *data, size_t n)
{
	static const struct period year = {1767225600 * NS_PER_S, 1798761600 * NS_PER_S}; /* 2026 */
	struct span s = span(data, n);
	struct entry_reader *whole, *cut;
	unsigned int some = n & 1;

	if (entry_reader__new(&year, some, &whole) || entry_reader__new(&year, some, &cut))
		abort();
	while (s.n) {
		const uint8_t *end = memchr(s.p, '\n', s.n);
		struct span line = span_head(s, end ? (size_t)(end - s.p) : s.n);

		same(whole, cut, line, 1);
		same(whole, cut, line, 1 + n % 7);
		s = span_skip(s, line.n + 1);
	}
	entry_reader__free(whole);
	entry_reader__free(cut);
}

static void show(const struct report_page *page,
		 int (*make)(struct buf *, const struct report_page *), bool controls)
{
	struct buf out;

	buf__init(&out, 16 << 20);
	if (make(&out, page))
		abort();
	for (size_t i = 0; i < out.n; i++)
		if (out.p[i] == 0x7f || (out.p[i] < 0x20 && out.p[i] != '\n' && !controls))
			abort();
	buf__free(&out);
}

static void report(const uint8_t *data, size_t n, unsigned int how)
{
	struct collect_config cfg = {.period = {PERIOD_FIRST, PERIOD_LAST},
				     .n_by = how % (GROUP_BY_MAX + 1),
				     .utc = true};
	struct collect c;
	struct sheet s;
	struct report_page page = {.sheet = &s, .cfg = &cfg, .compared = how & 1, .utc = true};
	int fd = memfd_create("records", MFD_CLOEXEC);
	char path[32];

	if (how & 1) {
		cfg.before = (struct period){1790000000 * NS_PER_S, 1800000000 * NS_PER_S};
		cfg.period.from_ns = cfg.before.to_ns;
	}
	for (unsigned int i = 0; i < cfg.n_by; i++)
		cfg.by[i] = (enum dimension)((how + i) % N_DIMENSIONS);
	if (fd < 0 || write(fd, data, n) != (ssize_t)n || collect__open(&c, &cfg))
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	collect__file(&c, path);
	page.columns = 40 + how;
	if (sheet__make(&c, NULL, how % 5, &s))
		abort();
	show(&page, report_text, false);
	show(&page, report_json, false);
	show(&page, report_csv, true);
	sheet__free(&s);
	collect__close(&c);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (!n)
		return 0;
	lines(data + 1, n - 1);
	report(data + 1, n - 1, *data);
	return 0;
}

// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sink/human.h"
#include "sink/table.h"
#include "sink/totals.h"

static char text[1 << 20];

static struct call example(void)
{
	static const char *const reasons[] = {"tool_use"};
	static const struct call_tool tools[] = {{"a", "Bash"}, {"b", "Read"}};

	return (struct call){
		.time_ns = 1763647333512345678,
		.who.pid = 51002,
		.who.comm = "claude",
		.who.feature = "me/claude",
		.request_model = "claude-sonnet-4-5",
		.status = 200,
		.input_tokens = 48100,
		.cache_read_tokens = 46700,
		.output_tokens = 640,
		.ttft_ns = 1100000000,
		.duration_ns = 9710000000,
		.cost_nusd = 28000000,
		.finish_reasons = reasons,
		.n_finish_reasons = 1,
		.tool_calls = tools,
		.n_tool_calls = 2,
		.retry_after_s = NAN,
	};
}

/* What the table writes for n times c to a file. */
static const char *table_of(const struct call *c, unsigned int columns, unsigned int n)
{
	struct table_config cfg = {.fd = memfd_create("table", 0), .utc = true, .columns = columns};
	struct sink *s;
	ssize_t got;

	assert_int_equal(table__open(&cfg, &s), 0);
	while (n--)
		assert_int_equal(s->ops->call(s, c), 0);
	assert_int_equal(s->ops->close(s), 0);
	got = pread(cfg.fd, text, sizeof(text) - 1, 0);
	text[got] = 0;
	close(cfg.fd);
	return text;
}

static void a_line_reads_as_documented(void **state)
{
	struct call c = example();

	assert_string_equal(
		table_of(&c, 0, 1),
		"TIME     PID     COMM     FEATURE      MODEL               ST  IN(CACHE)     OUT  "
		" "
		"TTFT  TOTAL     COST END\n"
		"14:02:13 51002   claude   me/claude    claude-sonnet-4-5   200 48.1k(97%)    640  "
		"1.10s   9.7s  $0.0280 tool_use Bash,Read\n");
}

static const char *run_line_of(const struct agent_run *r, unsigned int columns)
{
	struct table_config cfg = {.fd = memfd_create("table", 0), .utc = true, .columns = columns};
	struct sink *s;
	ssize_t got;

	assert_int_equal(table__open(&cfg, &s), 0);
	assert_int_equal(s->ops->run(s, r), 0);
	assert_int_equal(s->ops->close(s), 0);
	got = pread(cfg.fd, text, sizeof(text) - 1, 0);
	text[got] = 0;
	close(cfg.fd);
	return strchr(text, '\n') ? strchr(text, '\n') + 1 : text;
}

static void a_run_is_one_line(void **state)
{
	struct agent_run r = {
		.time_ns = 1763647333512345678,
		.duration_ns = 41000000000,
		.who.comm = "claude",
		.rounds = 6,
		.calls = 6,
		.tools = 7,
		.input_tokens = 48100,
		.output_tokens = 640,
		.cost_nusd = 30000000,
		.slowest = "Bash",
		.slowest_ns = 12300000000,
	};

	assert_string_equal(run_line_of(&r, 0),
			    "14:02:54 run claude: 6 rounds, 7 tools, 48.1k in / 640 out, $0.0300, "
			    "41.0s, slowest Bash 12.3s\n");
	/* What matters most comes first. */
	assert_string_equal(run_line_of(&r, 80),
			    "14:02:54 run claude: 6 rounds, 7 tools, 48.1k in / 640 out, $0.0300, "
			    "41.0s, slo+\n");
	r.errors = r.retries = r.aborts = 1;
	r.loops = 4;
	r.loops_nusd = 10000000;
	r.cost_nusd = r.input_tokens = -1;
	r.agent = "cod\033ex";
	r.end = RUN_SILENCE;
	r.slowest = NULL;
	assert_string_equal(
		run_line_of(&r, 0),
		"14:02:54 run cod?ex: 6 rounds, 7 tools, - in / 640 out, 41.0s, no "
		"answer, 1 error, 1 retry, 1 answer cut off, 4 tools in circles for $0.0100\n");
	r.error_type = "overloaded";
	assert_non_null(strstr(run_line_of(&r, 0), ", failed: overloaded, 1 error"));
	/* A call alone has said it all. */
	r.calls = 1;
	r.tools = 0;
	assert_string_equal(run_line_of(&r, 0), "");
}

static void estimates_have_a_tilde(void **state)
{
	struct call c = example();

	c.input_estimated = c.output_estimated = true;
	assert_non_null(strstr(table_of(&c, 0, 1), " ~48.1k(97%)  ~640 "));
	c.output_estimated = false;
	assert_non_null(strstr(table_of(&c, 0, 1), " ~48.1k(97%)   640 "));
}

static void tools_are_shown_handshakes_not(void **state)
{
	struct call c = call_unknown;

	c.time_ns = 1763647333512345678;
	c.duration_ns = 120000000;
	c.who.pid = 7;
	c.kind = CALL_TOOL;
	c.mcp_method = "tools/call";
	c.mcp_tool = "search";
	c.status = 200;
	assert_non_null(strstr(table_of(&c, 0, 1), "14:02:13 7       -        -            search "
						   "             200 -"));
	c.mcp_tool = NULL;
	c.mcp_method = "tools/list";
	assert_string_equal(table_of(&c, 0, 1), "");
	c.error_type = "-32601";
	assert_non_null(strstr(table_of(&c, 0, 1), " tools/list "));
}

static void unknown_is_a_dash(void **state)
{
	struct call c = {.time_ns = 1,
			 .who.pid = 7,
			 .status = -1,
			 .input_tokens = -1,
			 .cache_read_tokens = -1,
			 .output_tokens = -1,
			 .ttft_ns = -1,
			 .cost_nusd = -1,
			 .retry_after_s = NAN};
	const char *line = strchr(table_of(&c, 0, 1), '\n') + 1;

	assert_string_equal(line, "00:00:00 7       -        -            -                   -   "
				  "-               -      -   0.0s        - -\n");
	c.status = 429;
	c.error_type = "rate_limit_error";
	c.retry_after_s = 12;
	c.truncated = true;
	assert_non_null(
		strstr(table_of(&c, 0, 1), " - rate_limit_error retry-after 12s [truncated]\n"));
}

static void columns_go_as_room_does(void **state)
{
	struct call c = example();
	unsigned int columns;
	const char *header_end, *t;

	for (columns = 20; columns < 200; columns++) {
		t = table_of(&c, columns, 1);
		header_end = strchr(t, '\n');
		assert_true(header_end - t <= columns || columns < 40);
		assert_true(strlen(header_end + 1) - 1 <= columns || columns < 40);
		assert_non_null(strstr(t, "MODEL"));
		if (columns >= 104)
			assert_non_null(strstr(t, "FEATURE"));
		if (columns >= 100)
			assert_non_null(strstr(t, "COST"));
	}
	/* No cost is cut. */
	c.cost_nusd = 1;
	c.cost_estimated = true;
	for (columns = 20; columns < 200; columns++) {
		t = table_of(&c, columns, 1);
		assert_true(!strstr(t, "COST") || strstr(t, " <$0.0001 "));
	}
	t = table_of(&c, 80, 1);
	assert_null(strstr(t, "FEATURE"));
	assert_non_null(strstr(t, "TTFT"));
	assert_non_null(strstr(t, "OUT"));
}

static void nothing_is_interpreted(void **state)
{
	static const char *const reason[] = {"\033[2J\xC2\x9B"
					     "31m\xE2\x80\xAE"};
	struct call c = example();
	const char *p, *t;

	c.who.comm = "\033]0;x\007";
	c.who.feature = "a\nb\rc\td";
	c.request_model = "\xFF\xFE m \xED\xA0\x80";
	c.finish_reasons = reason;
	t = table_of(&c, 0, 1);
	for (p = strchr(t, '\n') + 1; *p; p++)
		assert_true((unsigned char)*p >= 0x20 || !p[1]);
	assert_null(strstr(t, "\xC2\x9B"));
	assert_null(strstr(t, "\xE2\x80\xAE"));
	assert_non_null(strstr(t, "?]0;x?"));
	assert_non_null(strstr(t, "a?b?c?d"));
}

static void wide_characters_keep_the_columns(void **state)
{
	struct buf b;

	buf__init(&b, 1000);
	assert_int_equal(human__text(&b, SPAN_LIT("\xE4\xB8\xAD\xE6\x96\x87"), 4), 4);
	assert_int_equal(b.n, 6);
	buf__clear(&b);
	assert_int_equal(human__text(&b, SPAN_LIT("\xE4\xB8\xAD\xE6\x96\x87"), 3), 3);
	assert_memory_equal(b.p, "\xE4\xB8\xAD+", 4);
	buf__clear(&b);
	assert_int_equal(human__text(&b, SPAN_LIT("\xE4\xB8\xAD\xE6\x96\x87"), 2), 1);
	assert_memory_equal(b.p, "+", 1);
	buf__clear(&b);
	assert_int_equal(human__text(&b, SPAN_LIT("e\xCC\x81toile"), 6), 6);
	assert_int_equal(b.n, 8);
	buf__clear(&b);
	assert_int_equal(human__text(&b, SPAN_LIT("abc"), 0), 0);
	assert_int_equal(b.n, 0);
	buf__free(&b);
}

static void numbers_are_short(void **state)
{
	static const struct {
		uint64_t v;
		const char *text;
	} counts[] = {{0, "0"},		{999, "999"},	      {1000, "1.0k"},  {1234, "1.2k"},
		      {48100, "48.1k"}, {99949, "99.9k"},     {99951, "100k"}, {999499, "999k"},
		      {999500, "1.0M"}, {UINT64_MAX, "18.4E"}};
	static const struct {
		double v;
		const char *text;
	} costs[] = {{0, "$0.0000"},
		     {0.028, "$0.0280"},
		     {0.00001, "<$0.0001"},
		     {99.5, "$99.5000"},
		     {123.456, "$123.46"}};
	char got[HUMAN_MAX];
	size_t i;

	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		human__count(counts[i].v, got);
		assert_string_equal(got, counts[i].text);
	}
	for (i = 0; i < sizeof(costs) / sizeof(costs[0]); i++) {
		human__usd(costs[i].v, got);
		assert_string_equal(got, costs[i].text);
	}
	human__seconds(410000000, 2, got);
	assert_string_equal(got, "0.41s");
	human__seconds(100000000000, 1, got);
	assert_string_equal(got, "100s");
	human__seconds(UINT64_MAX, 2, got);
	assert_true(strlen(got) < HUMAN_MAX);
}

/* What the other side of a pseudo-terminal gets, until nothing more comes. */
static void read_terminal(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	size_t n = 0;
	ssize_t one;

	while (poll(&p, 1, 200) > 0) {
		one = read(fd, text + n, sizeof(text) - 1 - n);
		if (one <= 0)
			break;
		n += (size_t)one;
	}
	text[n] = 0;
}

/* A pseudo-terminal of 8 lines and 80 columns. */
static void a_terminal_gets_headers_and_colour(void **state)
{
	struct winsize size = {.ws_row = 8, .ws_col = 80};
	int lead = posix_openpt(O_RDWR | O_NOCTTY), follow;
	struct table_config cfg = {.utc = true};
	struct call c = example();
	unsigned int i, headers = 0;
	struct sink *s;
	char *p;

	assert_true(lead >= 0 && !grantpt(lead) && !unlockpt(lead));
	follow = open(ptsname(lead), O_RDWR | O_NOCTTY);
	assert_int_equal(ioctl(follow, TIOCSWINSZ, &size), 0);
	unsetenv("NO_COLOR");
	setenv("TERM", "xterm", 1);
	cfg.fd = follow;
	c.error_type = "429";
	assert_int_equal(table__open(&cfg, &s), 0);
	for (i = 0; i < 14; i++)
		s->ops->call(s, &c);
	read_terminal(lead);
	for (p = text; (p = strstr(p, "TIME")); p++)
		headers++;
	assert_int_equal(headers, 3);
	assert_non_null(strstr(text, "\033[31m"));
	s->ops->close(s);

	setenv("NO_COLOR", "1", 1);
	assert_int_equal(table__open(&cfg, &s), 0);
	s->ops->call(s, &c);
	read_terminal(lead);
	assert_null(strchr(text, '\033'));
	s->ops->close(s);
	unsetenv("NO_COLOR");
	close(follow);
	close(lead);
}

static void totals_are_one_line(void **state)
{
	struct stats st = {.calls = 4,
			   .errors = 1,
			   .cost_nusd = 51800000,
			   .priced = 3,
			   .input_tokens = 58300,
			   .output_tokens = 1000};
	struct buf b;

	buf__init(&b, 4096);
	assert_int_equal(totals__format(&b, &st), 0);
	buf__add(&b, span("", 1));
	assert_string_equal((char *)b.p, "4 calls, 1 error, $0.0518. 58.3k in / 1.0k out. "
					 "Ring buffer: 0 lost. Truncated: 0.\n");
	buf__clear(&b);
	st = (struct stats){.calls = 1,
			    .lost_records = 7,
			    .truncated = 2,
			    .undecoded_upgrades = 3,
			    .served = 9};
	assert_int_equal(totals__format(&b, &st), 0);
	buf__add(&b, span("", 1));
	assert_string_equal((char *)b.p,
			    "1 call, 0 errors. 0 in / 0 out. Ring buffer: 7 lost. Truncated: 2. 9 "
			    "served. 3 upgraded connections not decoded.\n");
	buf__free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_reads_as_documented),
		cmocka_unit_test(a_run_is_one_line),
		cmocka_unit_test(estimates_have_a_tilde),
		cmocka_unit_test(tools_are_shown_handshakes_not),
		cmocka_unit_test(unknown_is_a_dash),
		cmocka_unit_test(columns_go_as_room_does),
		cmocka_unit_test(nothing_is_interpreted),
		cmocka_unit_test(wide_characters_keep_the_columns),
		cmocka_unit_test(numbers_are_short),
		cmocka_unit_test(a_terminal_gets_headers_and_colour),
		cmocka_unit_test(totals_are_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

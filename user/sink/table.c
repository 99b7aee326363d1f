// SPDX-License-Identifier: Apache-2.0
#include "sink/table.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/terminal.h"
#include "sink/human.h"
#include "sink/outfile.h"
#include "sink/run_line.h"

#define LINE_MAX_BYTES (64 << 10)
#define WIDE 1000 /* columns where there is no terminal */
#define RED "\033[31m"
#define DIM "\033[2m"
#define PLAIN "\033[0m"

struct table {
	struct sink sink;
	struct outfile out;
	struct buf line, cell;
	bool utc, colour;
	unsigned int fixed_columns; /* 0: ask the terminal */
	unsigned int columns, rows; /* as they were for the latest line */
	unsigned int since_header;  /* lines; 0: none was written yet */
};

/* ---- cells: each writes its text to s->cell; nothing means unknown ---- */

static void cell_text(struct table *s, const char *text)
{
	if (text)
		buf__add(&s->cell, span_str(text));
}

static void put_time(struct table *s, uint64_t time_ns)
{
	time_t t = (time_t)(time_ns / 1000000000);
	char text[32];
	struct tm tm = {0};

	if (!(s->utc ? gmtime_r : localtime_r)(&t, &tm))
		return;
	snprintf(text, sizeof(text), "%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
	cell_text(s, text);
}

static void cell_time(struct table *s, const struct call *c)
{
	put_time(s, c->time_ns);
}

static void cell_pid(struct table *s, const struct call *c)
{
	char text[16];

	snprintf(text, sizeof(text), "%" PRIu32, c->who.pid);
	cell_text(s, text);
}

static void cell_comm(struct table *s, const struct call *c)
{
	cell_text(s, c->who.comm);
}

static void cell_feature(struct table *s, const struct call *c)
{
	cell_text(s, c->who.feature);
}

static void cell_model(struct table *s, const struct call *c)
{
	if (c->kind == CALL_TOOL)
		cell_text(s, c->mcp_tool ? c->mcp_tool : c->mcp_method);
	else
		cell_text(s, c->request_model ? c->request_model : c->response_model);
}

static void cell_status(struct table *s, const struct call *c)
{
	char text[16];

	if (c->status < 0)
		return;
	snprintf(text, sizeof(text), "%d", c->status);
	cell_text(s, text);
}

static void cell_input(struct table *s, const struct call *c)
{
	char text[HUMAN_MAX];

	if (c->input_tokens < 0)
		return;
	cell_text(s, c->input_estimated ? "~" : "");
	human__count((uint64_t)c->input_tokens, text);
	cell_text(s, text);
	if (c->cache_read_tokens < 0 || !c->input_tokens || c->cache_read_tokens > c->input_tokens)
		return;
	snprintf(text, sizeof(text), "(%.0f%%)",
		 100.0 * (double)c->cache_read_tokens / (double)c->input_tokens);
	cell_text(s, text);
}

static void cell_output(struct table *s, const struct call *c)
{
	char text[HUMAN_MAX];

	if (c->output_tokens < 0)
		return;
	cell_text(s, c->output_estimated ? "~" : "");
	human__count((uint64_t)c->output_tokens, text);
	cell_text(s, text);
}

static void cell_ttft(struct table *s, const struct call *c)
{
	char text[HUMAN_MAX];

	if (c->ttft_ns < 0)
		return;
	human__seconds((uint64_t)c->ttft_ns, 2, text);
	cell_text(s, text);
}

static void cell_total(struct table *s, const struct call *c)
{
	char text[HUMAN_MAX];

	human__seconds(c->duration_ns, 1, text);
	cell_text(s, text);
}

static void cell_cost(struct table *s, const struct call *c)
{
	char text[HUMAN_MAX];

	if (c->cost_nusd < 0)
		return;
	human__usd((double)c->cost_nusd / 1e9, text);
	cell_text(s, c->cost_estimated && *text != '<' ? "~" : "");
	cell_text(s, text);
}

static void cell_end(struct table *s, const struct call *c)
{
	char text[HUMAN_MAX + 16], wait[HUMAN_MAX];
	unsigned int i;

	cell_text(s, c->error_type);
	for (i = 0; i < c->n_finish_reasons && !c->error_type; i++) {
		cell_text(s, i ? "," : "");
		cell_text(s, c->finish_reasons[i]);
	}
	for (i = 0; i < c->n_tool_calls; i++) {
		if (!c->tool_calls[i].name)
			continue;
		cell_text(s, i ? "," : s->cell.n ? " " : "");
		cell_text(s, c->tool_calls[i].name);
	}
	if (c->error_type && c->retry_after_s >= 0 && c->retry_after_s < 1e6) {
		human__seconds((uint64_t)(c->retry_after_s * 1e9), 0, wait);
		snprintf(text, sizeof(text), " retry-after %s", wait);
		cell_text(s, text);
	}
	if (c->truncated)
		cell_text(s, s->cell.n ? " [truncated]" : "[truncated]");
}

/* ---- the table ---- */

enum align {
	LEFT,
	RIGHT,
};

/* Under pressure columns shrink to min, then go, the highest rank first; rank 0 stays. */
static const struct column {
	const char *title;
	unsigned int width, min, rank;
	enum align align;
	void (*put)(struct table *s, const struct call *c);
} columns[] = {
	{"TIME", 8, 8, 4, LEFT, cell_time},	    {"PID", 7, 7, 6, LEFT, cell_pid},
	{"COMM", 8, 8, 0, LEFT, cell_comm},	    {"FEATURE", 12, 8, 8, LEFT, cell_feature},
	{"MODEL", 19, 13, 0, LEFT, cell_model},	    {"ST", 3, 3, 0, LEFT, cell_status},
	{"IN(CACHE)", 11, 11, 3, LEFT, cell_input}, {"OUT", 5, 5, 2, RIGHT, cell_output},
	{"TTFT", 6, 6, 5, RIGHT, cell_ttft},	    {"TOTAL", 6, 6, 1, RIGHT, cell_total},
	{"COST", 8, 8, 7, RIGHT, cell_cost},
};

#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))
#define END_MIN 10
#define END_GOOD 12

struct layout {
	unsigned int width[N_COLUMNS]; /* 0: left out */
};

static unsigned int sum(const struct layout *l)
{
	unsigned int n = 0;
	size_t i;

	for (i = 0; i < N_COLUMNS; i++)
		n += l->width[i] ? l->width[i] + 1 : 0;
	return n;
}

static void lay_out(struct layout *l, unsigned int room)
{
	unsigned int rank;
	size_t i;

	for (i = 0; i < N_COLUMNS; i++)
		l->width[i] = columns[i].width;
	for (i = 0; i < N_COLUMNS && sum(l) + END_GOOD > room; i++)
		l->width[i] = columns[i].min;
	for (rank = 8; rank > 0 && sum(l) + END_MIN > room; rank--)
		for (i = 0; i < N_COLUMNS; i++)
			if (columns[i].rank == rank)
				l->width[i] = 0;
	/* What a column that went has left over. */
	for (i = 0; i < N_COLUMNS; i++)
		while (l->width[i] && l->width[i] < columns[i].width && sum(l) + END_GOOD < room)
			l->width[i]++;
}

static void pad(struct table *s, unsigned int n)
{
	while (n--)
		buf__add(&s->line, SPAN_LIT(" "));
}

/* Puts the cell that was written to s->cell. */
static void put_cell(struct table *s, unsigned int width, enum align align, bool last)
{
	struct buf text;
	unsigned int took;

	if (!s->cell.n)
		buf__add(&s->cell, SPAN_LIT("-"));
	buf__init(&text, LINE_MAX_BYTES);
	took = human__text(&text, buf__span(&s->cell), width);
	if (align == RIGHT)
		pad(s, width - took);
	buf__add(&s->line, buf__span(&text));
	if (align == LEFT && !last)
		pad(s, width - took);
	if (!last)
		pad(s, 1);
	buf__free(&text);
	buf__clear(&s->cell);
}

/* The header where c is NULL. */
static void put_line(struct table *s, const struct call *c)
{
	bool red = c && c->error_type && s->colour;
	struct layout l;
	size_t i;

	lay_out(&l, s->columns);
	if (red)
		buf__add(&s->line, SPAN_LIT(RED));
	for (i = 0; i < N_COLUMNS; i++) {
		if (!l.width[i])
			continue;
		if (c)
			columns[i].put(s, c);
		else
			cell_text(s, columns[i].title);
		put_cell(s, l.width[i], columns[i].align, false);
	}
	if (c)
		cell_end(s, c);
	else
		cell_text(s, "END");
	put_cell(s, s->columns > sum(&l) ? s->columns - sum(&l) : 1, LEFT, true);
	if (red)
		buf__add(&s->line, SPAN_LIT(PLAIN));
	buf__add(&s->line, SPAN_LIT("\n"));
}

static void measure(struct table *s)
{
	const struct terminal t = terminal__of(s->out.fd);

	s->columns = s->fixed_columns ? s->fixed_columns : t.columns ? t.columns : WIDE;
	s->rows = t.rows;
}

/* A client of MCP says hello, lists and pings: of that the table shows what failed. */
static bool is_shown(const struct call *c)
{
	return c->kind != CALL_TOOL || c->mcp_tool || c->mcp_resource || c->error_type;
}

/* The header, once for each screen. */
static void begin_line(struct table *s)
{
	measure(s);
	if (!s->since_header || (s->rows > 2 && s->since_header >= s->rows - 1)) {
		put_line(s, NULL);
		s->since_header = 1;
	}
	s->since_header++;
}

static int on_call(struct sink *sink, const struct call *c)
{
	struct table *s = (struct table *)sink;
	int err;

	if (!is_shown(c))
		return 0;
	begin_line(s);
	put_line(s, c);
	err = outfile__line(&s->out, buf__span(&s->line));
	buf__clear(&s->line);
	return err;
}

/* A quiet line below its calls; the columns are theirs. */
static int on_run(struct sink *sink, const struct agent_run *r)
{
	struct table *s = (struct table *)sink;
	int err;

	if (!run_line__wanted(r))
		return 0;
	begin_line(s);
	put_time(s, r->time_ns + r->duration_ns);
	cell_text(s, " ");
	run_line__format(&s->cell, r);
	if (s->colour)
		buf__add(&s->line, SPAN_LIT(DIM));
	put_cell(s, s->columns, LEFT, true);
	if (s->colour)
		buf__add(&s->line, SPAN_LIT(PLAIN));
	buf__add(&s->line, SPAN_LIT("\n"));
	err = outfile__line(&s->out, buf__span(&s->line));
	buf__clear(&s->line);
	return err;
}

static int on_close(struct sink *sink)
{
	struct table *s = (struct table *)sink;
	int err = outfile__close(&s->out);

	buf__free(&s->line);
	buf__free(&s->cell);
	free(s);
	return err;
}

static const struct sink_ops ops = {
	.name = "table",
	.call = on_call,
	.run = on_run,
	.close = on_close,
};

int table__open(const struct table_config *config, struct sink **ret)
{
	struct table *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	s->sink.ops = &ops;
	buf__init(&s->line, LINE_MAX_BYTES);
	buf__init(&s->cell, LINE_MAX_BYTES);
	err = outfile__from_fd(&s->out, config->fd);
	if (err) {
		free(s);
		return err;
	}
	s->utc = config->utc;
	s->fixed_columns = config->columns;
	s->colour = terminal__of(s->out.fd).colour;
	*ret = &s->sink;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* transcript.h: conversations as data files, in the manner of libhtp's. A file holds directives,
 * then steps, then a line "===" and what is to be told.
 *
 * # text                 a comment
 * want /v1               only requests whose path begins so are wanted
 * midstream              the connection's start was not seen
 * headers                show headers
 * limit NAME N           a field of struct limits
 * >>>  <<<               one SSL call of the client, of the server; the lines after it are its
 * bytes
 * ---gap >|< N           N bytes of that direction are lost; 0: nobody knows how many
 * ---quiet >|<           bytes of that direction were left out by agreement
 * ---unwanted yes|no     what the protocol says of itself here
 * ---close WHO           client, server, unsure, process or capture; "capture" where there is none
 *
 * Lines of bytes end in CRLF, but not where the line ends in a backslash. \r \n \t \\ \xNN are
 * escapes, and \*N{text} is N times text. Time is the number of the step. */
#ifndef LLMSNOOP_TRANSCRIPT_H
#define LLMSNOOP_TRANSCRIPT_H

#include <ctype.h>

#include "http/h1.h"
#include "http_log.h"
#include "base/limits.h"

enum step_kind {
	STEP_BYTES,
	STEP_GAP,
	STEP_QUIET,
	STEP_UNWANTED,
	STEP_CLOSE,
};

struct step {
	enum step_kind kind;
	enum side side;
	uint64_t n; /* lost bytes, expected answer, enum conn_end */
	struct buf bytes;
};

struct transcript {
	struct step *steps;
	unsigned int n_steps;
	const char *want;
	bool midstream, headers;
	const struct protocol *protocol; /* NULL: HTTP/1 */
	struct limits lim;
	char *expected;
	char *text;
};

static inline void bytes__add(struct buf *b, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t c = (uint8_t)s[i];

		if (c == '\\' && i + 1 < n) {
			c = (uint8_t)s[++i];
			if (c == 'r' || c == 'n' || c == 't') {
				c = c == 'r' ? '\r' : c == 'n' ? '\n' : '\t';
			} else if (c == 'x') {
				char digits[3] = {s[i + 1], s[i + 2]};

				c = (uint8_t)strtoul(digits, NULL, 16);
				i += 2;
			} else if (c == '*') {
				char *open;
				unsigned long times = strtoul(s + i + 1, &open, 10);
				const char *close = memchr(open, '}', n - (size_t)(open - s));

				assert(*open == '{' && close);
				while (times--)
					bytes__add(b, open + 1, (size_t)(close - open - 1));
				i = (size_t)(close - s);
				continue;
			}
		}
		buf__add(b, span(&c, 1));
	}
}

static inline struct step *transcript__step(struct transcript *t, enum step_kind kind)
{
	struct step *s;

	t->steps = realloc(t->steps, (t->n_steps + 1) * sizeof(*t->steps));
	s = &t->steps[t->n_steps++];
	*s = (struct step){.kind = kind};
	buf__init(&s->bytes, 64 << 20);
	return s;
}

static inline uint64_t end__named(const char *name)
{
	static const char *const names[] = {"client", "server", "unsure", "process", "capture"};

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return i;
	assert(!"who closes?");
	return 0;
}

static inline void limit__set(struct limits *lim, const char *name, unsigned long v)
{
	if (!strcmp(name, "head_bytes"))
		lim->head_bytes = v;
	else if (!strcmp(name, "headers"))
		lim->headers = (unsigned int)v;
	else if (!strcmp(name, "header_value"))
		lim->header_value = v;
	else if (!strcmp(name, "trailer_bytes"))
		lim->trailer_bytes = v;
	else if (!strcmp(name, "pipeline"))
		lim->pipeline = (unsigned int)v;
	else
		assert(!"unknown limit");
}

static inline void transcript__line(struct transcript *t, char *line)
{
	struct step *last = t->n_steps ? &t->steps[t->n_steps - 1] : NULL;
	char a[64], b[64];
	unsigned long v;

	if (!strncmp(line, ">>>", 3) || !strncmp(line, "<<<", 3)) {
		transcript__step(t, STEP_BYTES)->side = *line == '>' ? SIDE_REQUEST : SIDE_RESPONSE;
	} else if (sscanf(line, "---gap %1[<>] %lu", a, &v) == 2) {
		last = transcript__step(t, STEP_GAP);
		last->side = *a == '>' ? SIDE_REQUEST : SIDE_RESPONSE;
		last->n = v;
	} else if (sscanf(line, "---quiet %1[<>]", a) == 1) {
		transcript__step(t, STEP_QUIET)->side = *a == '>' ? SIDE_REQUEST : SIDE_RESPONSE;
	} else if (sscanf(line, "---unwanted %63s", a) == 1) {
		transcript__step(t, STEP_UNWANTED)->n = !strcmp(a, "yes");
	} else if (sscanf(line, "---close %63s", a) == 1) {
		transcript__step(t, STEP_CLOSE)->n = end__named(a);
	} else if (!last) {
		if (!strcmp(line, "midstream"))
			t->midstream = true;
		else if (!strcmp(line, "headers"))
			t->headers = true;
		else if (!strncmp(line, "want ", 5))
			t->want = line + 5;
		else if (sscanf(line, "limit %63s %lu", b, &v) == 2)
			limit__set(&t->lim, b, v);
		else
			assert(!*line || *line == '#');
	} else {
		size_t n = strlen(line);
		bool open = n && line[n - 1] == '\\';

		assert(last->kind == STEP_BYTES);
		bytes__add(&last->bytes, line, open ? n - 1 : n);
		if (!open)
			buf__add(&last->bytes, SPAN_LIT("\r\n"));
	}
}

/* Reads the file; aborts where it is wrong. */
static inline void transcript__read(struct transcript *t, const char *path)
{
	FILE *f = fopen(path, "r");
	char *line, *next;
	long size;

	*t = (struct transcript){.lim = limits_default};
	assert(f);
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	rewind(f);
	t->text = calloc(1, (size_t)size + 1);
	assert(fread(t->text, 1, (size_t)size, f) == (size_t)size);
	fclose(f);
	for (line = t->text; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		if (!strcmp(line, "===")) {
			t->expected = next ? next : line + 3;
			break;
		}
		transcript__line(t, line);
	}
	assert(t->expected);
	if (!t->n_steps || t->steps[t->n_steps - 1].kind != STEP_CLOSE)
		transcript__step(t, STEP_CLOSE)->n = CONN_END_CAPTURE;
}

static inline void transcript__free(struct transcript *t)
{
	for (unsigned int i = 0; i < t->n_steps; i++)
		buf__free(&t->steps[i].bytes);
	free(t->steps);
	free(t->text);
}

/* How many bytes of the next left ones come as one piece. */
typedef size_t (*cutter)(void *ctx, size_t done, size_t left);

/* Runs it, cut up so, and returns what was told: free() it. */
static inline char *transcript__run(const struct transcript *t, cutter cut, void *ctx)
{
	static const uint8_t key[SIPHASH_KEY_BYTES] = {1, 2, 3};
	struct conn conn = {.id = 1, .midstream = t->midstream, .request_dir = DIR_WRITE};
	struct http1_ctx h1 = {.ops = &log_ops};
	const struct protocol *p = t->protocol ? t->protocol : &http1_protocol;
	struct http_log log;
	size_t total = 0;
	void *state;
	char *text;
	int err;

	log__init(&log, t->want);
	log.headers = t->headers;
	h1.ctx = &log;
	memcpy(h1.key, key, sizeof(key));
	err = p->open(&h1, &conn, &t->lim, &state);
	assert(!err);
	for (unsigned int i = 0; i < t->n_steps; i++) {
		const struct step *s = &t->steps[i];
		struct span rest = buf__span(&s->bytes);
		bool first = true;
		uint64_t ts_ns = i + 1;

		if (s->kind == STEP_UNWANTED && p->unwanted(state) != s->n)
			log__line(&log, "step %u: unwanted is %s", i + 1, s->n ? "no" : "yes");
		if ((s->kind == STEP_GAP || s->kind == STEP_QUIET) && !err)
			err = p->gap(state, s->side, s->n, s->kind == STEP_QUIET, ts_ns);
		if (s->kind == STEP_CLOSE)
			p->finish(state, (enum conn_end)s->n, ts_ns);
		while (rest.n && !err) {
			size_t n = cut(ctx, total, rest.n);

			err = p->feed(state, s->side, at_page_end(span_head(rest, n)), first,
				      ts_ns);
			rest = span_skip(rest, n);
			total += n;
			first = false;
		}
	}
	if (err)
		log__line(&log, "closed: %s", strerror(-err));
	assert(!log.open);
	p->free(state);
	text = strdup(log__string(&log));
	log__free(&log);
	return text;
}

static inline size_t cut__none(void *ctx, size_t done, size_t left)
{
	return left;
}

static inline size_t cut__bytes(void *ctx, size_t done, size_t left)
{
	return 1;
}

/* ctx: the place of the only cut. */
static inline size_t cut__at(void *ctx, size_t done, size_t left)
{
	size_t at = *(const size_t *)ctx;

	return done < at && at < done + left ? at - done : left;
}

/* ctx: a seed. */
static inline size_t cut__random(void *ctx, size_t done, size_t left)
{
	uint64_t *seed = ctx;
	size_t n;

	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	n = 1 + (*seed >> 33) % (*seed >> 60 ? 40 : 4000);
	return n < left ? n : left;
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* http_log.h: writes down what http_msg_ops are told, one line each, so that runs can be compared.
 * Adjacent pieces of one body or message are one line, whatever their number; a message's that is
 * not its last says "part". Checks the order of calls. */
#ifndef LLMSNOOP_HTTP_LOG_H
#define LLMSNOOP_HTTP_LOG_H

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/buf.h"
#include "http/msg.h"

#define LOG_SHOW 160 /* longer bodies are shown by length and hash */

struct http_log {
	struct buf text;
	const char *want;    /* requests whose path begins so are wanted; NULL: all */
	const char *promise; /* the authority whose connections may bring wanted ones */
	bool headers;	     /* show them */
	unsigned int n;	     /* requests told, wanted or not */
	unsigned int open;
	/* the body that is being told */
	struct log_x *x;
	enum side side;
	bool message; /* or the message */
	struct buf body;
	uint64_t from_ns, to_ns;
};

struct log_x {
	struct http_log *log;
	unsigned int id;
	bool done[2], response, upgraded;
	uint64_t body_bytes;
};

__attribute__((format(printf, 2, 3))) static inline void log__line(struct http_log *l,
								   const char *format, ...)
{
	char line[4096];
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(line, sizeof(line) - 1, format, ap);
	va_end(ap);
	if (n > (int)sizeof(line) - 2)
		n = sizeof(line) - 2;
	line[n] = '\n';
	buf__add(&l->text, span(line, (size_t)n + 1));
}

static inline uint64_t log__hash(struct span s)
{
	uint64_t h = 0xcbf29ce484222325;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ s.p[i]) * 0x100000001b3;
	return h;
}

/* s with C escapes, in static storage (a few calls at once). */
static inline const char *log__text(struct span s)
{
	static char text[8][LOG_SHOW * 4 + 64];
	static unsigned int turn;
	char *out = text[turn++ % 8];
	size_t n = 0;

	if (s.n > LOG_SHOW) {
		snprintf(out, sizeof(text[0]), "%zu bytes %016" PRIx64, s.n, log__hash(s));
		return out;
	}
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];

		if (c == '\r' || c == '\n' || c == '\t')
			n += (size_t)sprintf(out + n, "\\%c",
					     c == '\r'	 ? 'r'
					     : c == '\n' ? 'n'
							 : 't');
		else if (c < ' ' || c > '~' || c == '\\')
			n += (size_t)sprintf(out + n, "\\x%02x", c);
		else
			out[n++] = (char)c;
	}
	out[n] = 0;
	return out;
}

static inline void log__flush(struct http_log *l)
{
	const char *side = l->side == SIDE_REQUEST ? "request" : "response";

	if (!l->x)
		return;
	if (l->message)
		log__line(l, "message %u %s part @%" PRIu64 "-%" PRIu64 " %s", l->x->id, side,
			  l->from_ns, l->to_ns, log__text(buf__span(&l->body)));
	else
		log__line(l, "%s_body %u @%" PRIu64 "-%" PRIu64 " %s", side, l->x->id, l->from_ns,
			  l->to_ns, log__text(buf__span(&l->body)));
	buf__clear(&l->body);
	l->x = NULL;
}

static inline void log__piece(struct log_x *x, enum side side, bool message, struct span s,
			      uint64_t ts_ns)
{
	struct http_log *l = x->log;

	if (l->x != x || l->side != side || l->message != message) {
		log__flush(l);
		l->x = x;
		l->side = side;
		l->message = message;
		l->from_ns = ts_ns;
	}
	l->to_ns = ts_ns;
	x->body_bytes += s.n;
	buf__add_some(&l->body, s);
}

static inline void log__body(struct log_x *x, enum side side, struct span s, uint64_t ts_ns)
{
	assert(s.n);
	assert(!x->done[side] && !x->upgraded);
	assert(side == SIDE_REQUEST || x->response);
	log__piece(x, side, false, s, ts_ns);
}

static inline void log__message(void *ctx, enum side side, struct span s, bool last, uint64_t ts_ns)
{
	struct log_x *x = ctx;
	struct http_log *l = x->log;

	assert(s.n || last);
	assert(x->upgraded);
	log__piece(x, side, true, s, ts_ns);
	if (!last)
		return;
	log__line(l, "message %u %s @%" PRIu64 "-%" PRIu64 " %s", x->id,
		  side == SIDE_REQUEST ? "request" : "response", l->from_ns, l->to_ns,
		  log__text(buf__span(&l->body)));
	buf__clear(&l->body);
	l->x = NULL;
}

static inline void log__headers(struct http_log *l, const struct http_head *h)
{
	if (h->truncated)
		log__line(l, "  truncated");
	if (h->key_fp)
		log__line(l, "  key");
	for (unsigned int i = 0; l->headers && i < h->n_headers; i++)
		log__line(l, "  %s: %s", log__text(h->headers[i].name),
			  log__text(h->headers[i].value));
}

/* HTTP/2 may not know a field of a head, which is not the same as its being empty. */
static inline const char *log__field(const struct http_head *h, struct span s)
{
	return h->version == 20 && !s.p ? "?" : log__text(s);
}

static inline void *log__request(void *ctx, const struct conn *conn, const struct http_head *h,
				 uint64_t first_ns, uint64_t ts_ns)
{
	struct http_log *l = ctx;
	struct log_x *x;

	l->n++;
	if (l->want && !span_starts(h->path, span_str(l->want)))
		return NULL;
	log__flush(l);
	x = calloc(1, sizeof(*x));
	x->log = l;
	x->id = l->n;
	l->open++;
	log__line(l, "request %u @%" PRIu64 "-%" PRIu64 " %s %s%s%s %d host=%s", x->id, first_ns,
		  ts_ns, log__field(h, h->method), log__field(h, h->path), h->query.n ? "?" : "",
		  log__text(h->query), h->version, log__field(h, h->authority));
	log__headers(l, h);
	return x;
}

static inline bool log__promising(void *ctx, const struct conn *conn, const struct http_head *h)
{
	const struct http_log *l = ctx;

	return l->promise && span_eq(h->authority, span_str(l->promise));
}

static inline void log__response(void *ctx, const struct http_head *h, uint64_t first_ns,
				 uint64_t ts_ns)
{
	struct log_x *x = ctx;

	assert(!x->response);
	x->response = true;
	log__flush(x->log);
	log__line(x->log, "response %u @%" PRIu64 "-%" PRIu64 " %d %d", x->id, first_ns, ts_ns,
		  h->status, h->version);
	log__headers(x->log, h);
}

static inline void log__request_body(void *x, struct span s, uint64_t wire, uint64_t ts_ns)
{
	log__body(x, SIDE_REQUEST, s, ts_ns);
}

static inline void log__response_body(void *x, struct span s, uint64_t wire, uint64_t ts_ns)
{
	log__body(x, SIDE_RESPONSE, s, ts_ns);
}

static inline const char *log__flags(unsigned int flags)
{
	static const char *const names[] = {"", " gap", " coding", " gap coding"};

	return names[flags & 3];
}

static inline void log__request_end(void *ctx, unsigned int flags, uint64_t ts_ns)
{
	struct log_x *x = ctx;

	assert(!x->done[SIDE_REQUEST]);
	x->done[SIDE_REQUEST] = true;
	log__flush(x->log);
	log__line(x->log, "request_end %u @%" PRIu64 "%s", x->id, ts_ns, log__flags(flags));
}

static inline void log__response_end(void *ctx, unsigned int flags, uint64_t ts_ns)
{
	struct log_x *x = ctx;

	assert(x->response && !x->done[SIDE_RESPONSE]);
	x->done[SIDE_RESPONSE] = true;
	log__flush(x->log);
	log__line(x->log, "response_end %u @%" PRIu64 "%s", x->id, ts_ns, log__flags(flags));
}

static inline void log__gap(void *ctx, enum side side, uint64_t lost)
{
	struct log_x *x = ctx;

	log__flush(x->log);
	log__line(x->log, "gap %u %s %" PRIu64, x->id,
		  side == SIDE_REQUEST ? "request" : "response", lost);
}

static inline void log__upgrade(void *ctx, struct span protocol, uint64_t ts_ns)
{
	struct log_x *x = ctx;

	x->upgraded = true;
	log__flush(x->log);
	log__line(x->log, "upgrade %u @%" PRIu64 " %s", x->id, ts_ns, log__text(protocol));
}

static inline bool log__end(void *ctx, enum http_end why, uint64_t ts_ns)
{
	static const char *const names[] = {
		[HTTP_END_OK] = "ok",		[HTTP_END_CLIENT] = "client",
		[HTTP_END_SERVER] = "server",	[HTTP_END_PROCESS] = "process",
		[HTTP_END_LOST] = "lost",	[HTTP_END_PROTOCOL] = "protocol",
		[HTTP_END_CAPTURE] = "capture", [HTTP_END_UNANSWERED] = "unanswered",
	};
	struct log_x *x = ctx;

	log__flush(x->log);
	log__line(x->log, "end %u @%" PRIu64 " %s", x->id, ts_ns, names[why]);
	x->log->open--;
	free(x);
	return true;
}

static const struct http_msg_ops log_ops = {
	.request = log__request,
	.promising = log__promising,
	.request_body = log__request_body,
	.request_end = log__request_end,
	.response = log__response,
	.response_body = log__response_body,
	.gap = log__gap,
	.response_end = log__response_end,
	.upgrade = log__upgrade,
	.message = log__message,
	.end = log__end,
};

static inline void log__init(struct http_log *l, const char *want)
{
	*l = (struct http_log){.want = want};
	buf__init(&l->text, 64 << 20);
	buf__init(&l->body, 64 << 20);
}

/* What was told so far, as a string that lives until the next call. */
static inline const char *log__string(struct http_log *l)
{
	log__flush(l);
	buf__add(&l->text, SPAN_LIT("\0"));
	l->text.n--;
	return (const char *)l->text.p;
}

static inline void log__free(struct http_log *l)
{
	buf__free(&l->text);
	buf__free(&l->body);
}

/* A copy of s that ends where memory ends: reading past it is a fault. Lives until the next. */
static inline struct span at_page_end(struct span s)
{
	static uint8_t *base;
	static size_t size;
	size_t page = 4096, need = (s.n + page - 1) / page * page;

	if (need > size) {
		if (base)
			munmap(base, size + page);
		size = need;
		base = mmap(NULL, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);
		assert(base != MAP_FAILED);
		mprotect(base + size, page, PROT_NONE);
	}
	if (s.n)
		memcpy(base + size - s.n, s.p, s.n);
	return span(base + size - s.n, s.n);
}

/* For fuzzers: the same conversation, told at two kinds of cuts. */
static inline void log__same(struct http_log *whole, struct http_log *bytes)
{
	/* How much a broken coding yields is the library's business: fuzz_coding. */
	if (!strcasestr(log__string(whole), "-encoding:") &&
	    strcmp(log__string(whole), log__string(bytes))) {
		fprintf(stderr, "--- whole\n%s--- bytes\n%s", log__string(whole),
			log__string(bytes));
		__builtin_trap();
	}
	log__free(whole);
	log__free(bytes);
}

#endif

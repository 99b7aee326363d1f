// SPDX-License-Identifier: Apache-2.0
#include "capture/scrub.h"

#include <errno.h>
#include <stdlib.h>
#include <uthash.h>

#include "base/secret.h"

#define H2_HEAD 9 /* bytes of a frame's header: RFC 9113, 4.1 */

enum state {
	AT_START,   /* nothing seen yet, or the beginning of HTTP/2's preface */
	AT_LINE,    /* in the first word of a line: a header's name, a method */
	AT_COLON,   /* in the blanks before a header's colon */
	AT_URL,	    /* in the blanks before a header's URL */
	AT_TARGET,  /* in a request's target or a URL, before the query */
	AT_PARAM,   /* in a query parameter's name */
	AT_OPEN,    /* in a harmless parameter's value */
	AT_CLOSED,  /* in a secret parameter's value */
	AT_SCHEME,  /* at the beginning of a secret header's value */
	AT_SECRET,  /* in it */
	AT_FOLD,    /* behind its line end: a blank continues it */
	AT_REST,    /* nothing to hide before the line ends */
	AT_GUESS,   /* after a gap, while it may be the beginning of a message */
	AT_UNSURE,  /* after a gap, anywhere */
	AT_H2,	    /* in HTTP/2's frames */
	AT_H2_LOST, /* in HTTP/2, nobody knows where */
};

enum role {
	ROLE_UNKNOWN,
	ROLE_REQUEST,
	ROLE_RESPONSE,
};

/* One direction of one connection. */
struct track {
	uint8_t state; /* enum state */
	uint8_t role;  /* enum role */
	uint8_t n;     /* bytes in word; in AT_START matched of the preface */
	bool head;     /* between a message's first line and its empty line */
	bool auth;     /* the name holds "authorization" */
	bool content;  /* the line is not empty */
	uint32_t next; /* low half of the offset that continues what was seen */
	union {
		char word[SECRET_NAME_MAX + 1]; /* the last bytes of a name or method */
		uint32_t unsure;		/* bytes to mask at most */
		struct {
			uint32_t left; /* of a frame's payload */
			uint8_t n;     /* seen of its header */
			uint8_t head[H2_HEAD];
		} h2;
	};
};

_Static_assert(sizeof(struct track) <= 40, "this is kept for every connection");

struct scrub_conn {
	uint64_t conn;
	uint32_t pid;
	struct track track[2]; /* by enum event_dir */
	UT_hash_handle hh;
};

struct scrub {
	struct scrub_conn *conns; /* uthash, in the order of their opening */
	unsigned int max;
};

static const struct span methods[] = {
	SPAN_LIT("GET"),     SPAN_LIT("POST"),	  SPAN_LIT("PUT"),
	SPAN_LIT("PATCH"),   SPAN_LIT("DELETE"),  SPAN_LIT("HEAD"),
	SPAN_LIT("OPTIONS"), SPAN_LIT("CONNECT"), SPAN_LIT("TRACE"),
};

#define N_METHODS (sizeof(methods) / sizeof(methods[0]))

static const struct span response_start = SPAN_LIT("HTTP/");
static const struct span h2_preface = SPAN_LIT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

static bool is_token(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_upper(uint8_t c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static struct span word(const struct track *t)
{
	return span(t->word, t->n);
}

static void word_clear(struct track *t)
{
	t->n = 0;
	t->auth = false;
}

static void word_add(struct track *t, uint8_t c)
{
	static const struct span authorization = SPAN_LIT("authorization");

	if (t->n == sizeof(t->word)) {
		memmove(t->word, t->word + 1, sizeof(t->word) - 1);
		t->n--;
	}
	t->word[t->n++] = (char)c;
	/* the only rule that looks further back than word does */
	if (t->n >= authorization.n)
		t->auth |= span_ieq(span(t->word + t->n - authorization.n, authorization.n),
				    authorization);
}

static void line_start(struct track *t)
{
	t->state = AT_LINE;
	t->content = false;
	word_clear(t);
}

static void rest(struct track *t)
{
	t->state = AT_REST;
	word_clear(t);
}

static void message_start(struct track *t, enum role role)
{
	t->role = role;
	t->head = true;
	t->content = true;
	t->state = role == ROLE_REQUEST ? AT_TARGET : AT_REST;
	word_clear(t);
}

/* Is w a method, or (exact is false) does it end with one? */
static bool is_method(struct span w, bool exact)
{
	size_t i;

	for (i = 0; i < N_METHODS; i++)
		if (exact ? span_eq(w, methods[i]) : span_ends(w, methods[i]))
			return true;
	return false;
}

/* Headers whose value is a URL, with a query perhaps. */
static bool is_url(struct span name)
{
	static const struct span names[] = {
		SPAN_LIT("referer"),
		SPAN_LIT("location"),
		SPAN_LIT("content-location"),
		SPAN_LIT("operation-location"),
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_ieq(name, names[i]))
			return true;
	return false;
}

/* Browsers hand over keys as a WebSocket subprotocol, which is a list: all of it goes. */
static bool is_secret(const struct track *t)
{
	return t->auth || secret__header(word(t)) ||
	       span_ieq(word(t), SPAN_LIT("sec-websocket-protocol"));
}

/* The steps: each takes one byte that is neither CR nor LF, unless it says so, and tells whether
 * to mask it. */

static bool at_line(struct track *t, uint8_t c)
{
	if (c == ':') {
		t->state = is_secret(t) ? AT_SCHEME : is_url(word(t)) ? AT_URL : AT_REST;
		t->n = 0;
	} else if (is_blank(c)) {
		/* blanks in front: a folded line; what looks like a header there is treated as one
		 */
		if (is_method(word(t), true))
			message_start(t, ROLE_REQUEST);
		else if (t->n)
			t->state = AT_COLON;
	} else if (c == '/' && span_eq(word(t), span_head(response_start, 4))) {
		message_start(t, ROLE_RESPONSE);
	} else if (is_token(c)) {
		word_add(t, c);
	} else {
		rest(t);
	}
	return false;
}

static bool at_colon(struct track *t, uint8_t c)
{
	if (c == ':')
		at_line(t, c);
	else if (!is_blank(c))
		rest(t);
	return false;
}

static bool at_target(struct track *t, uint8_t c)
{
	if (c == '?')
		t->state = AT_PARAM;
	else if (is_blank(c))
		rest(t);
	return false;
}

static bool at_url(struct track *t, uint8_t c)
{
	if (is_blank(c))
		return false;
	t->state = AT_TARGET;
	return at_target(t, c);
}

static int hex(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent-decodes as the bytes come. */
static void param_add(struct track *t, uint8_t c)
{
	int hi, lo;

	word_add(t, c);
	if (t->n < 3 || t->word[t->n - 3] != '%')
		return;
	hi = hex((uint8_t)t->word[t->n - 2]);
	lo = hex((uint8_t)t->word[t->n - 1]);
	if (hi < 0 || lo < 0)
		return;
	t->n -= 3;
	word_add(t, (uint8_t)(hi << 4 | lo));
}

/* What cannot be in a query as it is sent ends it: what looked like a request line in JSON, say. */
static bool ends_query(uint8_t c)
{
	return c <= ' ' || c == 0x7f || strchr("\"\\<>", c);
}

static bool at_param(struct track *t, uint8_t c)
{
	if (c == '=')
		t->state = t->auth || secret__query(word(t)) ? AT_CLOSED : AT_OPEN;
	else if (c == '&' || c == ';')
		word_clear(t);
	else if (ends_query(c))
		rest(t);
	else
		param_add(t, c);
	return false;
}

static bool at_value(struct track *t, uint8_t c)
{
	bool closed = t->state == AT_CLOSED;

	if (c == '&' || c == ';') {
		t->state = AT_PARAM;
		word_clear(t);
		return false;
	}
	if (ends_query(c)) {
		rest(t);
		return false;
	}
	return closed;
}

/* A secret value's first bytes stay while they may be a scheme's word. Of a secret that begins like
 * one, that word's letters stay, which say nothing. */
static bool at_scheme(struct track *t, uint8_t c)
{
	static const struct span schemes[] = {SPAN_LIT("bearer "), SPAN_LIT("basic ")};
	size_t i;

	if (!t->n && is_blank(c))
		return false;
	t->word[t->n++] = (char)c;
	for (i = 0; t->auth && i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		if (!span_ieq(word(t), span_head(schemes[i], t->n)))
			continue;
		if (t->n == schemes[i].n)
			t->state = AT_SECRET;
		return false;
	}
	t->state = AT_SECRET;
	return true;
}

static bool at_secret(struct track *t, uint8_t c)
{
	return true;
}

static bool at_fold(struct track *t, uint8_t c)
{
	if (is_blank(c)) {
		t->state = AT_SECRET;
		return false;
	}
	line_start(t);
	t->content = true;
	return at_line(t, c);
}

/* The next request may follow a body on its last line: a method, a blank, a slash. */
static bool at_rest(struct track *t, uint8_t c)
{
	if (is_upper(c)) {
		word_add(t, c);
	} else if (c == ' ' && is_method(word(t), false)) {
		word_add(t, c);
	} else if (c == '/' && t->n && t->word[t->n - 1] == ' ') {
		message_start(t, ROLE_REQUEST);
	} else if (t->n) {
		word_clear(t);
	}
	return false;
}

static bool at_unsure(struct track *t, uint8_t c)
{
	if (!t->unsure || !--t->unsure)
		rest(t);
	return true;
}

static void unsure(struct track *t)
{
	t->state = AT_UNSURE;
	t->unsure = SCRUB_UNSURE_MAX;
}

/* Bytes stay as long as they are the beginning of a method or of "HTTP/", and thus no secret. */
static bool at_guess(struct track *t, uint8_t c)
{
	size_t i;

	if (c == ' ' && is_method(word(t), true)) {
		message_start(t, ROLE_REQUEST);
		return false;
	}
	word_add(t, c);
	if (span_eq(word(t), response_start)) {
		message_start(t, ROLE_RESPONSE);
		return false;
	}
	if (span_starts(response_start, word(t)))
		return false;
	for (i = 0; i < N_METHODS; i++)
		if (span_starts(methods[i], word(t)))
			return false;
	unsure(t);
	return true;
}

static bool (*const steps[])(struct track *t, uint8_t c) = {
	[AT_LINE] = at_line,	 [AT_COLON] = at_colon,	  [AT_TARGET] = at_target,
	[AT_URL] = at_url,	 [AT_PARAM] = at_param,	  [AT_OPEN] = at_value,
	[AT_CLOSED] = at_value,	 [AT_SCHEME] = at_scheme, [AT_SECRET] = at_secret,
	[AT_FOLD] = at_fold,	 [AT_REST] = at_rest,	  [AT_GUESS] = at_guess,
	[AT_UNSURE] = at_unsure,
};

static void line_break(struct track *t, uint8_t c)
{
	bool secret = t->state == AT_SECRET || t->state == AT_SCHEME;

	if (c == '\n') {
		if (!t->content)
			t->head = false;
		line_start(t);
		if (secret)
			t->state = AT_FOLD;
	} else if (secret) {
		t->state = AT_SECRET; /* a CR alone does not end a secret … */
	} else if (t->state != AT_UNSURE) {
		t->state = AT_LINE; /* … but a header may follow it, for some */
		word_clear(t);
	}
}

static bool step(struct track *t, uint8_t c)
{
	if (c == '\r' || c == '\n') {
		line_break(t, c);
		return false;
	}
	t->content = true;
	return steps[t->state](t, c);
}

/* Byte ranges that leave the state as it is, for speed: bodies. */
static size_t skip(struct track *t, const uint8_t *p, size_t n)
{
	size_t i;

	if (t->state != AT_REST || t->n)
		return 0;
	for (i = 0; i < n && !is_upper(p[i]) && p[i] != '\r' && p[i] != '\n'; i++)
		;
	return i;
}

static void scrub_lines(struct track *t, const uint8_t *in, size_t n, uint8_t *out)
{
	size_t i, k;

	for (i = 0; i < n;) {
		k = skip(t, in + i, n - i);
		memcpy(out + i, in + i, k);
		t->content |= k > 0;
		i += k;
		if (i == n)
			break;
		out[i] = step(t, in[i]) ? SECRET_MASK : in[i];
		i++;
	}
}

static void h2_start(struct track *t)
{
	t->state = AT_H2;
	t->h2.left = 0;
	t->h2.n = 0;
}

static void scrub_h2(struct track *t, const uint8_t *in, size_t n, uint8_t *out)
{
	/* HEADERS, PUSH_PROMISE, CONTINUATION */
	static const uint16_t header_blocks = 1 << 1 | 1 << 5 | 1 << 9;
	size_t i, k;

	for (i = 0; i < n; i += k) {
		if (!t->h2.left) {
			k = 1;
			out[i] = t->h2.head[t->h2.n++] = in[i];
			if (t->h2.n < H2_HEAD)
				continue;
			t->h2.n = 0;
			t->h2.left =
				(uint32_t)t->h2.head[0] << 16 | t->h2.head[1] << 8 | t->h2.head[2];
			continue;
		}
		k = t->h2.left < n - i ? t->h2.left : n - i;
		if (t->h2.head[3] < 16 && header_blocks >> t->h2.head[3] & 1)
			memset(out + i, 0, k);
		else
			memcpy(out + i, in + i, k);
		t->h2.left -= k;
	}
}

/* The first bytes of a direction: returns how many of them the preface took. */
static size_t scrub_start(struct track *t, const uint8_t *in, size_t n, uint8_t *out)
{
	uint8_t matched, i;
	size_t k = 0;

	if (!t->n && n && !*in) { /* a frame's length: the other side's first SETTINGS */
		h2_start(t);
		return 0;
	}
	for (; k < n && t->n < h2_preface.n && in[k] == h2_preface.p[t->n]; k++, t->n++)
		out[k] = in[k];
	if (t->n == h2_preface.n) {
		h2_start(t);
	} else if (k < n) {
		matched = t->n;
		line_start(t);
		for (i = 0; i < matched; i++) /* none of them is secret */
			step(t, h2_preface.p[i]);
	}
	return k;
}

/* Bytes are missing, or the connection was met after its start. */
static void lose(struct scrub_conn *c, enum event_dir dir)
{
	struct track *t = &c->track[dir], *other = &c->track[!dir];

	if (t->state == AT_H2 || t->state == AT_H2_LOST || other->state == AT_H2 ||
	    other->state == AT_H2_LOST)
		t->state = AT_H2_LOST;
	else if (t->role == ROLE_RESPONSE && !t->head)
		rest(t);
	else
		unsure(t);
}

/* A new SSL call: after a gap, a message may begin here. */
static void call_start(struct track *t, uint8_t first)
{
	if (t->role == ROLE_UNKNOWN && t->state != AT_START && t->state != AT_H2 &&
	    t->state != AT_H2_LOST && !first) {
		h2_start(t); /* text does not begin so, frames do */
	} else if (t->state == AT_UNSURE) {
		t->state = AT_GUESS;
		word_clear(t);
	}
}

static struct scrub_conn *conn_get(struct scrub *s, const struct capture_data *d)
{
	struct scrub_conn *c;

	HASH_FIND(hh, s->conns, &d->conn, sizeof(d->conn), c);
	if (c)
		return c;
	if (HASH_COUNT(s->conns) >= s->max && s->conns) {
		c = s->conns;
		HASH_DEL(s->conns, c);
		free(c);
	}
	c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	c->conn = d->conn;
	c->pid = d->pid;
	HASH_ADD(hh, s->conns, conn, sizeof(c->conn), c);
	return c;
}

int scrub__data(struct scrub *s, const struct capture_data *d, uint8_t *out)
{
	struct scrub_conn *c = conn_get(s, d);
	const uint8_t *in = d->bytes.p;
	size_t n = d->bytes.n, k;
	struct track *t;

	if (!c) {
		if (n)
			memset(out, SECRET_MASK, n);
		return -ENOMEM;
	}
	t = &c->track[d->dir];
	if (d->gap || t->next != (uint32_t)d->offset ||
	    d->flags & (EVENT_AFTER_LOSS | EVENT_AFTER_QUIET) ||
	    (t->state == AT_START && !t->n && d->flags & EVENT_MIDSTREAM))
		lose(c, d->dir);
	t->next = (uint32_t)(d->offset + d->gap + n);
	if (!n)
		return 0;
	if (d->flags & EVENT_CALL_START)
		call_start(t, *in);
	k = t->state == AT_START ? scrub_start(t, in, n, out) : 0;
	in += k, out += k, n -= k;
	if (t->state == AT_H2_LOST)
		memset(out, 0, n);
	else if (t->state == AT_H2)
		scrub_h2(t, in, n, out);
	else if (n)
		scrub_lines(t, in, n, out);
	return 0;
}

static void conn_del(struct scrub *s, struct scrub_conn *c)
{
	HASH_DEL(s->conns, c);
	free(c);
}

void scrub__close(struct scrub *s, uint64_t conn)
{
	struct scrub_conn *c;

	HASH_FIND(hh, s->conns, &conn, sizeof(conn), c);
	if (c)
		conn_del(s, c);
}

void scrub__exit(struct scrub *s, uint32_t pid)
{
	struct scrub_conn *c, *next;

	HASH_ITER (hh, s->conns, c, next)
		if (c->pid == pid)
			conn_del(s, c);
}

int scrub__new(unsigned int conns, struct scrub **ret)
{
	struct scrub *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->max = conns ? conns : 1;
	*ret = s;
	return 0;
}

void scrub__free(struct scrub *s)
{
	struct scrub_conn *c, *next;

	if (!s)
		return;
	HASH_ITER (hh, s->conns, c, next)
		conn_del(s, c);
	free(s);
}

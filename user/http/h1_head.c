// SPDX-License-Identifier: Apache-2.0
#include "http/h1_head.h"

#include <errno.h>
#include <stdlib.h>

#include "http/h1_match.h"
#include "http/head_build.h"
#include "http/headers.h"
#include "base/limits.h"

#define NAME_ROOM 1024 /* of a gathered header line, beside the value */

/* What a folded line continues (RFC 9112, 5.2). */
enum last {
	LAST_NONE,
	LAST_KEPT,
	LAST_LEFT_OUT,
	LAST_FRAMING,
};

struct h1_head {
	enum side side;
	const struct limits *lim;
	struct buf line; /* of the current line, where it came in pieces */
	bool cut;	 /* line is longer than what is gathered */
	bool cr;	 /* a CR came that LF must follow */
	bool started;	 /* the start line is done */
	enum last last;

	struct head_build b;

	/* framing */
	bool has_length, bad_length, has_te, bad_te, chunked;
	uint64_t length;
	enum coding content[H1_CODINGS_MAX], transfer[H1_CODINGS_MAX];
	unsigned int n_content, n_transfer;
};

int h1_head__new(enum side side, const struct limits *lim, const uint8_t key[SIPHASH_KEY_BYTES],
		 struct h1_head **ret)
{
	struct h1_head *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	h->side = side;
	h->lim = lim;
	buf__init(&h->line, lim->head_bytes);
	if (head_build__init(&h->b, lim, key)) {
		free(h);
		return -ENOMEM;
	}
	*ret = h;
	return 0;
}

void h1_head__free(struct h1_head *h)
{
	if (!h)
		return;
	if (h->line.p)
		explicit_bzero(h->line.p, h->line.cap);
	buf__free(&h->line);
	head_build__free(&h->b);
	free(h);
}

/* "HTTP/1.x" → 10, 11; later minor versions speak 1.1. -1 otherwise. */
static int version_of(struct span s)
{
	if (s.n != 8 || !span_starts(s, SPAN_LIT("HTTP/1.")) || s.p[7] < '0' || s.p[7] > '9')
		return -1;
	return s.p[7] == '0' ? 10 : 11;
}

static struct span until(struct span s, const char *stop)
{
	size_t n = 0;

	while (n < s.n && !strchr(stop, s.p[n]))
		n++;
	return span_head(s, n);
}

/* RFC 9112, 3.2: origin-, absolute-, authority- and asterisk-form. */
static int target__read(struct h1_head *h, struct span t, bool connect)
{
	ptrdiff_t scheme = span_find(t, SPAN_LIT("://"));
	struct span authority;
	int err = 0;

	if (connect || (scheme > 0 && t.p[0] != '/' && until(t, "/?").n > (size_t)scheme)) {
		t = connect ? t : span_skip(t, (size_t)scheme + 3);
		authority = until(t, "/?#");
		t = span_skip(t, authority.n);
		err = head_build__authority(&h->b, authority);
	} else if (t.p[0] != '/' && !span_eq(t, SPAN_LIT("*"))) {
		return -EBADMSG;
	}
	return err || (connect && !t.n) ? err : head_build__path(&h->b, t);
}

/* METHOD SP target SP HTTP/1.x */
static int request_line(struct h1_head *h, struct span line)
{
	struct span method = until(line, " "), rest = span_skip(line, method.n + 1);
	struct span target = until(rest, " "), version = span_skip(rest, target.n + 1);
	size_t i;
	int err;

	h->b.head.version = version_of(version);
	if (h->cut || h->b.head.version < 0 || !target.n || !method.n)
		return -EBADMSG;
	for (i = 0; i < method.n; i++)
		if (!h1__is_token(method.p[i]))
			return -EBADMSG;
	for (i = 0; i < target.n; i++)
		if (target.p[i] < ' ' || target.p[i] == 0x7f)
			return -EBADMSG;
	err = head_build__keep(&h->b, method, &h->b.method);
	return err ? err : target__read(h, target, span_eq(method, SPAN_LIT("CONNECT")));
}

/* HTTP/1.x SP NNN [SP reason] */
static int status_line(struct h1_head *h, struct span line)
{
	struct span version = until(line, " "), code = span_skip(line, version.n + 1);
	int i, status = 0;

	h->b.head.version = version_of(version);
	if (h->b.head.version < 0 || code.n < 3 || (code.n > 3 && code.p[3] != ' '))
		return -EBADMSG;
	for (i = 0; i < 3; i++) {
		if (code.p[i] < '0' || code.p[i] > '9')
			return -EBADMSG;
		status = status * 10 + code.p[i] - '0';
	}
	h->b.head.status = status;
	return status < 100 ? -EBADMSG : 0;
}

/* RFC 9110, 8.6: digits; a list of equal values is tolerated, different ones are not. */
static void read_length(struct h1_head *h, struct span value)
{
	bool any = false;
	struct span item;

	while (list__next(&value, &item)) {
		uint64_t n = 0;
		size_t i;

		for (i = 0; i < item.n; i++) {
			if (item.p[i] < '0' || item.p[i] > '9' || n > (INT64_MAX - 9) / 10)
				break;
			n = n * 10 + item.p[i] - '0';
		}
		if (i < item.n || (h->has_length && n != h->length))
			h->bad_length = true;
		h->has_length = true;
		h->length = n;
		any = true;
	}
	h->bad_length |= !any || h->cut;
}

static void read_codings(enum coding *list, unsigned int *n, struct span value)
{
	struct span item;

	while (list__next(&value, &item)) {
		enum coding c = coding__named(item);

		if (c == CODING_IDENTITY)
			continue;
		if (*n < H1_CODINGS_MAX)
			list[*n] = c;
		++*n;
	}
}

/* RFC 9112, 6.1: chunked comes once and last. */
static void read_transfer(struct h1_head *h, struct span value)
{
	struct span item;

	h->bad_te |= h->cut;
	while (list__next(&value, &item)) {
		if (h->chunked)
			h->bad_te = true;
		if (span_ieq(item, SPAN_LIT("chunked"))) {
			h->chunked = h->has_te = true;
			continue;
		}
		/* An obsolete way to say nothing; servers still refuse it. */
		if (span_ieq(item, SPAN_LIT("identity"))) {
			h->bad_te |= h->side == SIDE_REQUEST;
			continue;
		}
		h->has_te = true;
		read_codings(h->transfer, &h->n_transfer, item);
	}
}

static void read_content(struct h1_head *h, struct span value)
{
	/* A cut list cannot be undone: as good as an unknown coding. */
	read_codings(h->content, &h->n_content, h->cut ? SPAN_LIT("?") : value);
}

static bool read_framing(struct h1_head *h, struct span name, struct span value)
{
	static const struct {
		struct span name;
		void (*read)(struct h1_head *h, struct span value);
	} table[] = {
		{SPAN_LIT("content-length"), read_length},
		{SPAN_LIT("transfer-encoding"), read_transfer},
		{SPAN_LIT("content-encoding"), read_content},
	};
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (span_ieq(name, table[i].name)) {
			table[i].read(h, value);
			return true;
		}
	}
	return false;
}

static int keep_header(struct h1_head *h, struct span name, struct span value)
{
	int res = head_build__add(&h->b, h->side, name, value, h->cut);

	if (res < 0)
		return res;
	h->last = res == HEAD_KEPT ? LAST_KEPT : LAST_LEFT_OUT;
	return 0;
}

/* Whoever receives a folded line puts a space in its place (RFC 9112, 5.2). */
static int folded(struct h1_head *h, struct span value)
{
	if (h->last == LAST_NONE || h->last == LAST_FRAMING)
		return -EBADMSG;
	if (h->last == LAST_KEPT && value.n)
		head_build__fold(&h->b, value, h->cut);
	return 0;
}

static int header_line(struct h1_head *h, struct span line)
{
	const uint8_t *colon;
	struct span name, value;
	size_t i;

	if (*line.p == ' ' || *line.p == '\t')
		return folded(h, span_trim(line));
	colon = memchr(line.p, ':', line.n);
	if (!colon) {
		if (!h->cut)
			return -EBADMSG;
		h->b.head.truncated = true; /* a name longer than any that matters */
		h->last = LAST_LEFT_OUT;
		return 0;
	}
	name = span_head(line, (size_t)(colon - line.p));
	value = span_trim(span_skip(line, name.n + 1));
	/* RFC 9112, 5.1: no space before the colon in a request; in a response it is removed. */
	if (h->side == SIDE_RESPONSE)
		name = span_trim(name);
	if (!name.n)
		return -EBADMSG;
	for (i = 0; i < name.n; i++)
		if (name.p[i] <= ' ' || name.p[i] == 0x7f)
			return -EBADMSG;
	if (name.n > NAME_ROOM) {
		h->b.head.truncated = true;
		h->last = LAST_LEFT_OUT;
		return 0;
	}
	if (read_framing(h, name, value)) {
		int err = keep_header(h, name, value);

		h->last = LAST_FRAMING;
		return err;
	}
	return keep_header(h, name, value);
}

/* One whole line without its end; of a cut one what is gathered. */
static int take_line(struct h1_head *h, struct span line, bool *ret_done)
{
	int err;

	if (!h->started) {
		if (!h1__may_become_start_line(h->side, span_head(line, 64)))
			return -EBADMSG;
		h->started = true;
		err = h->side == SIDE_REQUEST ? request_line(h, line) : status_line(h, line);
		/* The rest of the head gets room enough even where the target took it all. */
		return err == -E2BIG ? -EBADMSG : err;
	}
	if (line.n)
		return header_line(h, line);
	*ret_done = true;
	return head_build__finish(&h->b);
}

static size_t line_max(const struct h1_head *h)
{
	size_t n = h->started ? h->lim->header_value + NAME_ROOM : h->lim->head_bytes;

	return n < h->line.max ? n : h->line.max;
}

/* Gathers a part of a line. */
static int add_part(struct h1_head *h, struct span part)
{
	size_t room = line_max(h) - h->line.n;

	h->cut |= part.n > room;
	if (buf__add(&h->line, span_head(part, room)))
		return -ENOMEM;
	if (h->started)
		return 0;
	/* Soon, since what is no head after all may be a body of any size. */
	if ((h->cut && h->side == SIDE_REQUEST) ||
	    !h1__may_become_start_line(h->side, span_head(buf__span(&h->line), 64)))
		return -EBADMSG;
	return 0;
}

ptrdiff_t h1_head__feed(struct h1_head *h, struct span in, bool *ret_done)
{
	struct span rest = in;
	int err;

	*ret_done = false;
	while (rest.n && !*ret_done) {
		const uint8_t *lf = memchr(rest.p, '\n', rest.n);
		struct span line = span_head(rest, lf ? (size_t)(lf - rest.p) : rest.n);

		rest = span_skip(rest, line.n + (lf ? 1 : 0));
		/* RFC 9112, 2.2: a CR alone is an error, and NUL is one (RFC 9110, 5.5). */
		if (h->cr && line.n)
			return -EBADMSG;
		if (line.n && line.p[line.n - 1] == '\r') {
			h->cr = true;
			line.n--;
		}
		if (line.n && (memchr(line.p, '\r', line.n) || memchr(line.p, 0, line.n)))
			return -EBADMSG;
		if (!lf || h->line.n) {
			err = add_part(h, line);
			if (err)
				return err;
			line = buf__span(&h->line);
		} else if (line.n > line_max(h)) {
			h->cut = true;
			line = span_head(line, line_max(h));
		}
		if (!lf)
			break;
		err = take_line(h, line, ret_done);
		if (err)
			return err;
		h->line.n = 0;
		h->cut = h->cr = false;
	}
	return (ptrdiff_t)(in.n - rest.n);
}

const struct http_head *h1_head__get(const struct h1_head *h)
{
	return &h->b.head;
}

static void frame__codings(const struct h1_head *h, struct h1_frame *f)
{
	unsigned int i, n = h->n_content + h->n_transfer;

	if (n > H1_CODINGS_MAX) {
		f->too_many = true;
		return;
	}
	for (i = 0; i < h->n_content; i++)
		f->codings[f->n_codings++] = h->content[i];
	for (i = 0; i < h->n_transfer; i++)
		f->codings[f->n_codings++] = h->transfer[i];
}

int h1_head__frame(const struct h1_head *h, struct span request_method, struct h1_frame *ret)
{
	const struct http_head *head = &h->b.head;
	bool request = h->side == SIDE_REQUEST;

	*ret = (struct h1_frame){.framing = H1_NONE};
	/* RFC 9112, 6.3: these have no body, whatever they say. */
	if (!request && (head->status < 200 || head->status == 204 || head->status == 304 ||
			 span_eq(request_method, SPAN_LIT("HEAD"))))
		return 0;
	if (h->bad_te || (h->has_te && request && (!h->chunked || head->version < 11)))
		return -EBADMSG;
	/* Transfer-Encoding outdoes Content-Length. That both are there is an attempt at smuggling
	 * or a fault; either way the peer goes by the former or closes. */
	if (h->has_te)
		ret->framing = h->chunked ? H1_CHUNKED : H1_CLOSE;
	else if (h->bad_length)
		return -EBADMSG;
	else if (h->has_length)
		ret->framing = h->length ? H1_LENGTH : H1_NONE;
	else if (!request)
		ret->framing = H1_CLOSE;
	ret->length = h->length;
	frame__codings(h, ret);
	return 0;
}

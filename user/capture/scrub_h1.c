// SPDX-License-Identifier: Apache-2.0
/* Secrets in lines: HTTP/1's heads, found by their looks. */
#include "capture/scrub_track.h"

static const struct span methods[] = {
	SPAN_LIT("GET"),     SPAN_LIT("POST"),	  SPAN_LIT("PUT"),
	SPAN_LIT("PATCH"),   SPAN_LIT("DELETE"),  SPAN_LIT("HEAD"),
	SPAN_LIT("OPTIONS"), SPAN_LIT("CONNECT"), SPAN_LIT("TRACE"),
};

#define N_METHODS (sizeof(methods) / sizeof(methods[0]))

static const struct span response_start = SPAN_LIT("HTTP/");

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

struct span track__word(const struct track *t)
{
	return span(t->word, t->n);
}

void track__word_clear(struct track *t)
{
	t->n = 0;
	t->auth = false;
}

void track__word_add(struct track *t, uint8_t c)
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

void track__line_start(struct track *t)
{
	t->state = AT_LINE;
	t->content = false;
	track__word_clear(t);
}

void track__rest(struct track *t)
{
	t->state = AT_REST;
	track__word_clear(t);
}

static void message_start(struct track *t, enum track_role role)
{
	t->role = role;
	t->head = true;
	t->content = true;
	t->state = role == ROLE_REQUEST ? AT_TARGET : AT_REST;
	track__word_clear(t);
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
bool track__names_url(const struct track *t)
{
	static const struct span names[] = {
		SPAN_LIT("referer"),
		SPAN_LIT("location"),
		SPAN_LIT("content-location"),
		SPAN_LIT("operation-location"),
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_ieq(track__word(t), names[i]))
			return true;
	return false;
}

/* Browsers hand over keys as a WebSocket subprotocol, which is a list: all of it goes. */
bool track__names_secret(const struct track *t)
{
	return t->auth || secret__header(track__word(t)) ||
	       span_ieq(track__word(t), SPAN_LIT("sec-websocket-protocol"));
}

/* The steps: each takes one byte that is neither CR nor LF, unless it says so, and tells whether
 * to mask it. */

static bool at_line(struct track *t, uint8_t c)
{
	if (c == ':') {
		t->state = track__names_secret(t) ? AT_SCHEME
			   : track__names_url(t)  ? AT_URL
						  : AT_REST;
		t->n = 0;
	} else if (is_blank(c)) {
		/* blanks in front: a folded line; what looks like a header there is treated as one
		 */
		if (is_method(track__word(t), true))
			message_start(t, ROLE_REQUEST);
		else if (t->n)
			t->state = AT_COLON;
	} else if (c == '/' && span_eq(track__word(t), span_head(response_start, 4))) {
		message_start(t, ROLE_RESPONSE);
	} else if (is_token(c)) {
		track__word_add(t, c);
	} else {
		track__rest(t);
	}
	return false;
}

static bool at_colon(struct track *t, uint8_t c)
{
	if (c == ':')
		at_line(t, c);
	else if (!is_blank(c))
		track__rest(t);
	return false;
}

static bool at_target(struct track *t, uint8_t c)
{
	if (c == '?')
		t->state = AT_PARAM;
	else if (is_blank(c))
		track__rest(t);
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

	track__word_add(t, c);
	if (t->n < 3 || t->word[t->n - 3] != '%')
		return;
	hi = hex((uint8_t)t->word[t->n - 2]);
	lo = hex((uint8_t)t->word[t->n - 1]);
	if (hi < 0 || lo < 0)
		return;
	t->n -= 3;
	track__word_add(t, (uint8_t)(hi << 4 | lo));
}

/* What cannot be in a query as it is sent ends it: what looked like a request line in JSON, say. */
static bool ends_query(uint8_t c)
{
	return c <= ' ' || c == 0x7f || strchr("\"\\<>", c);
}

static bool at_param(struct track *t, uint8_t c)
{
	if (c == '=')
		t->state = t->auth || secret__query(track__word(t)) ? AT_CLOSED : AT_OPEN;
	else if (c == '&' || c == ';')
		track__word_clear(t);
	else if (ends_query(c))
		track__rest(t);
	else
		param_add(t, c);
	return false;
}

static bool at_value(struct track *t, uint8_t c)
{
	bool closed = t->state == AT_CLOSED;

	if (c == '&' || c == ';') {
		t->state = AT_PARAM;
		track__word_clear(t);
		return false;
	}
	if (ends_query(c)) {
		track__rest(t);
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
		if (!span_ieq(track__word(t), span_head(schemes[i], t->n)))
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
	track__line_start(t);
	t->content = true;
	return at_line(t, c);
}

/* The next request may follow a body on its last line: a method, a blank, a slash. */
static bool at_rest(struct track *t, uint8_t c)
{
	if (is_upper(c)) {
		track__word_add(t, c);
	} else if (c == ' ' && is_method(track__word(t), false)) {
		track__word_add(t, c);
	} else if (c == '/' && t->n && t->word[t->n - 1] == ' ') {
		message_start(t, ROLE_REQUEST);
	} else if (t->n) {
		track__word_clear(t);
	}
	return false;
}

static bool at_unsure(struct track *t, uint8_t c)
{
	/* What was never seen to be HTTP/1 has no lines to wait for. */
	if (t->role != ROLE_UNKNOWN && (!t->unsure || !--t->unsure))
		track__rest(t);
	return true;
}

void track__unsure(struct track *t)
{
	t->state = AT_UNSURE;
	t->unsure = SCRUB_UNSURE_MAX;
}

/* Bytes stay as long as they are the beginning of a method or of "HTTP/", and thus no secret. */
static bool at_guess(struct track *t, uint8_t c)
{
	size_t i;

	if (c == ' ' && is_method(track__word(t), true)) {
		message_start(t, ROLE_REQUEST);
		return false;
	}
	track__word_add(t, c);
	if (span_eq(track__word(t), response_start)) {
		message_start(t, ROLE_RESPONSE);
		return false;
	}
	if (span_starts(response_start, track__word(t)))
		return false;
	for (i = 0; i < N_METHODS; i++)
		if (span_starts(methods[i], track__word(t)))
			return false;
	track__unsure(t);
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

	if (t->state == AT_UNSURE && t->role == ROLE_UNKNOWN)
		return;
	if (c == '\n') {
		if (!t->content)
			t->head = false;
		track__line_start(t);
		if (secret)
			t->state = AT_FOLD;
	} else if (secret) {
		t->state = AT_SECRET; /* a CR alone does not end a secret … */
	} else if (t->state != AT_UNSURE) {
		t->state = AT_LINE; /* … but a header may follow it, for some */
		track__word_clear(t);
	}
}

bool track__step(struct track *t, uint8_t c)
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

void track__lines(struct track *t, const uint8_t *in, size_t n, uint8_t *out)
{
	size_t i, k;

	for (i = 0; i < n;) {
		k = skip(t, in + i, n - i);
		memcpy(out + i, in + i, k);
		t->content |= k > 0;
		i += k;
		if (i == n)
			break;
		out[i] = track__step(t, in[i]) ? SECRET_MASK : in[i];
		i++;
	}
}

void track__guess(struct track *t)
{
	t->state = AT_GUESS;
	track__word_clear(t);
}

void track__url_start(struct track *t)
{
	*t = (struct track){.state = AT_URL};
}

bool track__hides(const struct track *t)
{
	return t->state == AT_CLOSED || t->state == AT_SCHEME || t->state == AT_SECRET ||
	       t->state == AT_UNSURE;
}

// SPDX-License-Identifier: Apache-2.0
#include "report/entry.h"

#include <errno.h>
#include <stdlib.h>

#include "base/json_scan.h"
#include "base/limits.h"

/* Ids of paths: kind and place. */
#define KIND_SHIFT 8
enum kind {
	KIND_TIME,
	KIND_TEXT,
	KIND_COUNT,
	KIND_NANO,
	KIND_FLAG,
};

#define ID(kind, at) ((kind) << KIND_SHIFT | (at))
#define TEXT_PATH(id, name) JSON_PATH(name, ID(KIND_TEXT, ENTRY_##id), JSON_SCALAR),
#define COUNT_PATH(id, name) JSON_PATH(name, ID(KIND_COUNT, ENTRY_##id), JSON_SCALAR),
#define NANO_PATH(id, name) JSON_PATH(name, ID(KIND_NANO, ENTRY_##id), JSON_SCALAR),
#define FLAG_PATH(id, name) JSON_PATH(name, ID(KIND_FLAG, ENTRY_##id), JSON_SCALAR),

static const struct json_path top[] = {JSON_PATH("time", ID(KIND_TIME, 0), JSON_SCALAR),
				       ENTRY_TEXTS(TEXT_PATH) ENTRY_COUNTS(COUNT_PATH)
					       ENTRY_NANOS(NANO_PATH) ENTRY_FLAGS(FLAG_PATH)};
static const struct json_path root = JSON_ROOT(top);

#define TOKENS_MAX 1000000000000LL /* of one record that are believed */

struct entry_reader {
	const struct period *periods;
	unsigned int n_periods;
	struct json_scan *scan;
	struct entry entry;
	bool object, ended, failed;
	bool outside; /* all periods */
	bool over;    /* nothing more is read */
	unsigned int documents;
};

#define NANO_DIGITS 9
#define MANTISSA_DIGITS 30

int64_t entry__nano(struct span text)
{
	__int128 v = 0;
	int scale = NANO_DIGITS, exponent = 0, sign = 1, n = 0;
	bool point = false;
	size_t i;

	for (i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];

		if (c == '.') {
			point = true;
		} else if (c >= '0' && c <= '9') {
			if (n < MANTISSA_DIGITS) {
				v = v * 10 + (c - '0');
				n += v != 0;
				scale -= point;
			} else {
				scale += !point;
			}
		} else {
			break;
		}
	}
	if (i < text.n && (text.p[i] | 0x20) == 'e') {
		i++;
		if (i < text.n && (text.p[i] == '+' || text.p[i] == '-'))
			sign = text.p[i++] == '-' ? -1 : 1;
		for (; i < text.n && text.p[i] >= '0' && text.p[i] <= '9' && exponent < 1000; i++)
			exponent = exponent * 10 + (text.p[i] - '0');
		scale += sign * exponent;
	}
	if (i < text.n || !text.n)
		return -1;
	for (; scale > 0 && v && v <= INT64_MAX; scale--)
		v *= 10;
	for (; scale < -1 && v; scale++)
		v /= 10;
	if (scale == -1)
		v = (v + 5) / 10;
	return v > INT64_MAX ? -1 : (int64_t)v;
}

static bool inside(const struct entry_reader *r, int64_t ns)
{
	unsigned int i;

	for (i = 0; i < r->n_periods; i++)
		if (ns >= r->periods[i].from_ns && ns < r->periods[i].to_ns)
			return true;
	return r->n_periods == 0;
}

static bool is_totals(const struct entry *e)
{
	return span_eq(e->text[ENTRY_TYPE], SPAN_LIT("stats"));
}

/* Once time or type is known: does the rest matter? Either may come first. */
static int judge(struct entry_reader *r)
{
	const struct entry *e = &r->entry;
	bool totals = !e->text[ENTRY_TYPE].n || is_totals(e);

	if (!r->outside || (totals && e->time_ns < r->periods[0].from_ns))
		return 0;
	r->over = true;
	return -ECANCELED;
}

static int set_time(struct entry_reader *r, const struct json_value *v)
{
	struct entry *e = &r->entry;

	if (v->type != JSON_STRING)
		return 0;
	e->has_time = period__rfc3339(v->text, &e->time_ns);
	r->outside = e->has_time && !inside(r, e->time_ns);
	return judge(r);
}

/* The beginning of a text, not cut inside a character. */
static struct span cut(struct span s)
{
	size_t n = s.n;

	if (n <= ENTRY_TEXT_MAX)
		return s;
	for (n = ENTRY_TEXT_MAX; n && (s.p[n] & 0xc0) == 0x80; n--)
		;
	return span_head(s, n);
}

static void set_text(struct entry *e, unsigned int at, struct span s)
{
	s = cut(s);
	/* A key that comes again and again must not fill the room of others. */
	if (e->text[at].n || !s.n || e->used + s.n > sizeof(e->bytes))
		return;
	memcpy(e->bytes + e->used, s.p, s.n);
	e->text[at] = span(e->bytes + e->used, s.n);
	e->used += s.n;
}

static int on_value(void *ctx, const struct json_value *v)
{
	struct entry_reader *r = ctx;
	struct entry *e = &r->entry;
	unsigned int at = v->id & ((1 << KIND_SHIFT) - 1);

	if (r->documents > 1)
		return 0;
	switch ((enum kind)(v->id >> KIND_SHIFT)) {
	case KIND_TIME:
		return set_time(r, v);
	case KIND_TEXT:
		if (v->type == JSON_STRING)
			set_text(e, at, v->text);
		return judge(r);
	case KIND_COUNT:
		if (v->type == JSON_NUMBER && v->integral && v->number >= 0 &&
		    v->number <= TOKENS_MAX)
			e->count[at] = v->number;
		break;
	case KIND_NANO:
		if (v->type == JSON_NUMBER)
			e->nano[at] = entry__nano(v->text);
		break;
	case KIND_FLAG:
		e->flag[at] = v->type == JSON_TRUE;
		break;
	}
	return 0;
}

static int on_begin(void *ctx)
{
	((struct entry_reader *)ctx)->documents++;
	return 0;
}

static const struct json_ops ops = {.value = on_value, .begin = on_begin};

static void begin(struct entry_reader *r)
{
	struct entry *e = &r->entry;
	unsigned int i;

	json_scan__reset(r->scan);
	r->object = r->ended = r->outside = r->over = r->failed = false;
	r->documents = 0;
	e->has_time = false;
	e->used = 0;
	memset(e->text, 0, sizeof(e->text));
	memset(e->flag, 0, sizeof(e->flag));
	for (i = 0; i < ENTRY_N_COUNTS; i++)
		e->count[i] = -1;
	for (i = 0; i < ENTRY_N_NANOS; i++)
		e->nano[i] = -1;
}

int entry_reader__new(const struct period *periods, unsigned int n, struct entry_reader **ret)
{
	struct entry_reader *r = calloc(1, sizeof(*r));
	int err = r ? json_scan__new(&root, &ops, r, &limits_default, &r->scan) : -ENOMEM;

	if (err) {
		free(r);
		return err;
	}
	r->periods = periods;
	r->n_periods = n;
	r->ended = true;
	*ret = r;
	return 0;
}

void entry_reader__free(struct entry_reader *r)
{
	if (!r)
		return;
	json_scan__free(r->scan);
	free(r);
}

int entry_reader__feed(struct entry_reader *r, struct span in)
{
	int err;

	if (r->ended)
		begin(r);
	if (r->failed || r->over || !in.n)
		return 0;
	/* The scanner looks through arrays; a record is an object. */
	while (!r->object && in.n && (*in.p == ' ' || *in.p == '\t' || *in.p == '\r'))
		in = span_skip(in, 1);
	if (!in.n)
		return 0;
	if (!r->object && *in.p != '{')
		r->failed = true;
	r->object = true;
	err = r->failed ? 0 : json_scan__feed(r->scan, in);
	if (err == -ENOMEM)
		return err;
	r->failed |= err == -EBADMSG;
	return 0;
}

int entry_reader__end(struct entry_reader *r, enum entry_end *ret_end,
		      const struct entry **ret_entry)
{
	int err;

	if (r->ended)
		begin(r);
	r->ended = true;
	*ret_entry = &r->entry;
	*ret_end = r->over ? ENTRY_OUTSIDE : ENTRY_EMPTY;
	if (r->over || !r->object)
		return 0;
	err = r->failed ? 0 : json_scan__finish(r->scan);
	if (err == -ENOMEM)
		return err;
	if (r->failed || json_scan__flags(r->scan) & (JSON_MALFORMED | JSON_CUT) ||
	    r->documents != 1 || json_scan__documents(r->scan) != 1)
		*ret_end = r->outside ? ENTRY_OUTSIDE : ENTRY_BROKEN;
	else
		*ret_end = r->outside && !is_totals(&r->entry) ? ENTRY_OUTSIDE : ENTRY_READ;
	return 0;
}

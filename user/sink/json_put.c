// SPDX-License-Identifier: Apache-2.0
#include "sink/json_put.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

void put_text(struct json_write *w, const char *key, const void *r, size_t at)
{
	const char *s = FIELD(const char *, r, at);

	if (!s || !*s)
		return;
	json_write__key(w, key);
	json_write__string(w, s);
}

void put_count(struct json_write *w, const char *key, const void *r, size_t at)
{
	int64_t v = FIELD(int64_t, r, at);

	if (v < 0)
		return;
	json_write__key(w, key);
	json_write__int(w, v);
}

void put_small(struct json_write *w, const char *key, const void *r, size_t at)
{
	int v = FIELD(int, r, at);

	if (v < 0)
		return;
	json_write__key(w, key);
	json_write__int(w, v);
}

void put_uint(struct json_write *w, const char *key, const void *r, size_t at)
{
	json_write__key(w, key);
	json_write__uint(w, FIELD(uint64_t, r, at));
}

void put_uint32(struct json_write *w, const char *key, const void *r, size_t at)
{
	json_write__key(w, key);
	json_write__uint(w, FIELD(uint32_t, r, at));
}

void put_real(struct json_write *w, const char *key, const void *r, size_t at)
{
	double v = FIELD(double, r, at);

	if (!isfinite(v))
		return;
	json_write__key(w, key);
	json_write__real(w, v);
}

/* int64_t nanoseconds, -1: unknown. uint64_t ones read the same. */
void put_seconds(struct json_write *w, const char *key, const void *r, size_t at)
{
	int64_t v = FIELD(int64_t, r, at);

	if (v < 0)
		return;
	json_write__key(w, key);
	json_write__seconds(w, v);
}

void put_usd(struct json_write *w, const char *key, const void *r, size_t at)
{
	int64_t v = FIELD(int64_t, r, at);

	if (v < 0)
		return;
	json_write__key(w, key);
	/* Nano-dollars are to dollars as nanoseconds to seconds. */
	json_write__seconds(w, v);
}

void put_time(struct json_write *w, const char *key, const void *r, size_t at)
{
	json_write__key(w, key);
	json_write__time(w, FIELD(uint64_t, r, at));
}

void put_bool(struct json_write *w, const char *key, const void *r, size_t at)
{
	json_write__key(w, key);
	json_write__bool(w, FIELD(bool, r, at));
}

void put_if_true(struct json_write *w, const char *key, const void *r, size_t at)
{
	if (FIELD(bool, r, at))
		put_bool(w, key, r, at);
}

static void put_id(struct json_write *w, const char *key, const uint8_t *id, size_t n)
{
	static const uint8_t none[16];

	if (!memcmp(id, none, n))
		return;
	json_write__key(w, key);
	json_write__hex(w, id, n);
}

void put_id16(struct json_write *w, const char *key, const void *r, size_t at)
{
	put_id(w, key, (const uint8_t *)r + at, 16);
}

void put_id8(struct json_write *w, const char *key, const void *r, size_t at)
{
	put_id(w, key, (const uint8_t *)r + at, 8);
}

/* The conventions have it only where it is not 1. */
void put_choices(struct json_write *w, const char *key, const void *r, size_t at)
{
	if (FIELD(int64_t, r, at) != 1)
		put_count(w, key, r, at);
}

/* Any integer is a seed; -1 is one that cannot be told from none. */
void put_seed(struct json_write *w, const char *key, const void *r, size_t at)
{
	int64_t v = FIELD(int64_t, r, at);

	if (v == -1)
		return;
	json_write__key(w, key);
	json_write__int(w, v);
}

void put_basename(struct json_write *w, const char *key, const void *r, size_t at)
{
	const char *path = FIELD(const char *, r, at);
	const char *slash = path ? strrchr(path, '/') : NULL;

	if (slash && slash[1])
		path = slash + 1;
	if (!path || !*path)
		return;
	json_write__key(w, key);
	json_write__string(w, path);
}

void put_uid(struct json_write *w, const char *key, const void *r, size_t at)
{
	uint32_t uid = FIELD(uint32_t, r, at);
	char text[12];

	if (uid == UINT32_MAX)
		return;
	snprintf(text, sizeof(text), "%" PRIu32, uid);
	json_write__key(w, key);
	json_write__string(w, text);
}

/* 48 bits: enough to tell a fleet's keys apart, too few to help anybody find one. */
void put_key_fp(struct json_write *w, const char *key, const void *r, size_t at)
{
	uint64_t fp = FIELD(uint64_t, r, at);
	char text[16];

	if (!fp)
		return;
	snprintf(text, sizeof(text), "k_%012" PRIx64, fp >> 16);
	json_write__key(w, key);
	json_write__string(w, text);
}

void put_texts(struct json_write *w, const char *key, const char *const *v, unsigned int n)
{
	unsigned int i;

	if (!n)
		return;
	json_write__key(w, key);
	json_write__open(w, '[');
	for (i = 0; i < n; i++)
		json_write__string(w, v[i]);
	json_write__close(w, ']');
}

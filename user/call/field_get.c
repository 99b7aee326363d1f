// SPDX-License-Identifier: Apache-2.0
#include "call/field_get.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

bool value__text(struct value *ret, const char *text)
{
	if (!text || !*text)
		return false;
	ret->text = text;
	return true;
}

bool value__texts(struct value *ret, const char *const *v, unsigned int n)
{
	ret->texts = v;
	ret->n = n;
	return n > 0;
}

bool value__name(struct value *ret, const char *what, const char *whose)
{
	bool both = whose && *whose;

	if (!what)
		return false;
	snprintf(ret->room, sizeof(ret->room), "%s%s%s", what, both ? " " : "", both ? whose : "");
	ret->text = ret->room;
	return true;
}

bool get_version(const void *r, size_t at, struct value *ret)
{
	ret->u = 1;
	return true;
}

bool get_text(const void *r, size_t at, struct value *ret)
{
	return value__text(ret, MEMBER(const char *, r, at));
}

bool get_count(const void *r, size_t at, struct value *ret)
{
	ret->i = MEMBER(int64_t, r, at);
	return ret->i >= 0;
}

bool get_small(const void *r, size_t at, struct value *ret)
{
	ret->i = MEMBER(int, r, at);
	return ret->i >= 0;
}

bool get_uint(const void *r, size_t at, struct value *ret)
{
	ret->u = MEMBER(uint64_t, r, at);
	return true;
}

bool get_uint32(const void *r, size_t at, struct value *ret)
{
	ret->u = MEMBER(uint32_t, r, at);
	return true;
}

bool get_real(const void *r, size_t at, struct value *ret)
{
	ret->real = MEMBER(double, r, at);
	return isfinite(ret->real);
}

bool get_nano(const void *r, size_t at, struct value *ret)
{
	ret->i = MEMBER(int64_t, r, at);
	return ret->i >= 0;
}

bool get_time(const void *r, size_t at, struct value *ret)
{
	ret->u = MEMBER(uint64_t, r, at);
	return true;
}

bool get_bool(const void *r, size_t at, struct value *ret)
{
	ret->yes = MEMBER(bool, r, at);
	return true;
}

bool get_if_true(const void *r, size_t at, struct value *ret)
{
	ret->yes = MEMBER(bool, r, at);
	return ret->yes;
}

static bool get_id(const void *r, size_t at, unsigned int n, struct value *ret)
{
	static const uint8_t none[16];

	ret->id = (const uint8_t *)r + at;
	ret->n = n;
	return memcmp(ret->id, none, n) != 0;
}

bool get_id16(const void *r, size_t at, struct value *ret)
{
	return get_id(r, at, 16, ret);
}

bool get_id8(const void *r, size_t at, struct value *ret)
{
	return get_id(r, at, 8, ret);
}

bool get_basename(const void *r, size_t at, struct value *ret)
{
	const char *path = MEMBER(const char *, r, at);
	const char *slash = path ? strrchr(path, '/') : NULL;

	return value__text(ret, slash && slash[1] ? slash + 1 : path);
}

bool get_uid(const void *r, size_t at, struct value *ret)
{
	uint32_t uid = MEMBER(uint32_t, r, at);

	if (uid == UINT32_MAX)
		return false;
	snprintf(ret->room, sizeof(ret->room), "%" PRIu32, uid);
	return value__text(ret, ret->room);
}

/* 48 bits: enough to tell a fleet's keys apart, too few to help anybody find one. */
bool get_key_fp(const void *r, size_t at, struct value *ret)
{
	uint64_t fp = MEMBER(uint64_t, r, at);

	if (!fp)
		return false;
	snprintf(ret->room, sizeof(ret->room), "k_%012" PRIx64, fp >> 16);
	return value__text(ret, ret->room);
}

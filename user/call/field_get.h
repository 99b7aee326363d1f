/* SPDX-License-Identifier: Apache-2.0 */
/* field_get.h: members of a record by their type. Each returns false where the fact is unknown. */
#ifndef LLMSNOOP_FIELD_GET_H
#define LLMSNOOP_FIELD_GET_H

#include "call/fields.h"

/* The member at that offset of a record. */
#define MEMBER(type, record, at) (*(type const *)(const void *)((const char *)(record) + (at)))

/* of the format: it grows by keys; a change of meaning raises it */
bool get_version(const void *r, size_t at, struct value *ret);
/* const char *; "" is unknown, too */
bool get_text(const void *r, size_t at, struct value *ret);
/* int64_t; negative ones are unknown */
bool get_count(const void *r, size_t at, struct value *ret);
/* int; negative ones are unknown */
bool get_small(const void *r, size_t at, struct value *ret);
/* uint64_t, always known */
bool get_uint(const void *r, size_t at, struct value *ret);
/* uint32_t, always known */
bool get_uint32(const void *r, size_t at, struct value *ret);
/* double */
bool get_real(const void *r, size_t at, struct value *ret);
/* int64_t, negative: unknown; uint64_t ones read the same */
bool get_nano(const void *r, size_t at, struct value *ret);
/* uint64_t CLOCK_REALTIME */
bool get_time(const void *r, size_t at, struct value *ret);
/* bool, always known */
bool get_bool(const void *r, size_t at, struct value *ret);
/* bool: false is not said */
bool get_if_true(const void *r, size_t at, struct value *ret);
/* 16 bytes */
bool get_id16(const void *r, size_t at, struct value *ret);
/* 8 bytes */
bool get_id8(const void *r, size_t at, struct value *ret);
/* const char *: the last part of a path */
bool get_basename(const void *r, size_t at, struct value *ret);
/* uint32_t; UINT32_MAX is unknown */
bool get_uid(const void *r, size_t at, struct value *ret);
/* uint64_t: a fingerprint */
bool get_key_fp(const void *r, size_t at, struct value *ret);

/* What no member says. */
bool value__text(struct value *ret, const char *text); /* NULL, "": unknown */
bool value__texts(struct value *ret, const char *const *v, unsigned int n);
/* "what whose", or just what where whose is NULL or "". */
bool value__name(struct value *ret, const char *what, const char *whose);

#endif

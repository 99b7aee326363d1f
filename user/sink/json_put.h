/* SPDX-License-Identifier: Apache-2.0 */
/* json_put.h: one field of a record as a key and a value of JSON, by the field's type. Nothing is
 * written where the field is unknown. */
#ifndef LLMSNOOP_JSON_PUT_H
#define LLMSNOOP_JSON_PUT_H

#include <stddef.h>

#include "base/json_write.h"

/* One key of the record: put writes it where the fact is known. */
struct key {
	const char *name;
	void (*put)(struct json_write *w, const char *key, const void *record, size_t offset);
	size_t offset;
};

/* The field at that offset of a record. */
#define FIELD(type, record, offset) \
	(*(type const *)(const void *)((const char *)(record) + (offset)))

/* const char *; "" is unknown, too */
void put_text(struct json_write *w, const char *key, const void *r, size_t at);
/* int64_t */
void put_count(struct json_write *w, const char *key, const void *r, size_t at);
/* int */
void put_small(struct json_write *w, const char *key, const void *r, size_t at);
/* uint64_t, always written */
void put_uint(struct json_write *w, const char *key, const void *r, size_t at);
/* uint32_t, always written */
void put_uint32(struct json_write *w, const char *key, const void *r, size_t at);
/* double */
void put_real(struct json_write *w, const char *key, const void *r, size_t at);
/* int64_t nano-dollars, -1: unknown; written as dollars, exactly */
void put_usd(struct json_write *w, const char *key, const void *r, size_t at);
/* int64_t nanoseconds, -1: unknown; uint64_t ones read the same */
void put_seconds(struct json_write *w, const char *key, const void *r, size_t at);
/* uint64_t CLOCK_REALTIME */
void put_time(struct json_write *w, const char *key, const void *r, size_t at);
/* bool, always written */
void put_bool(struct json_write *w, const char *key, const void *r, size_t at);
/* bool */
void put_if_true(struct json_write *w, const char *key, const void *r, size_t at);
/* 16 bytes of an id */
void put_id16(struct json_write *w, const char *key, const void *r, size_t at);
/* 8 bytes */
void put_id8(struct json_write *w, const char *key, const void *r, size_t at);
/* int64_t: the conventions have it only where it is not 1 */
void put_choices(struct json_write *w, const char *key, const void *r, size_t at);
/* int64_t: -1 is a seed that cannot be told from none */
void put_seed(struct json_write *w, const char *key, const void *r, size_t at);
/* const char *: the last part of a path */
void put_basename(struct json_write *w, const char *key, const void *r, size_t at);
/* uint32_t */
void put_uid(struct json_write *w, const char *key, const void *r, size_t at);
/* uint64_t: a fingerprint */
void put_key_fp(struct json_write *w, const char *key, const void *r, size_t at);

/* A list; nothing where it is empty. */
void put_texts(struct json_write *w, const char *key, const char *const *v, unsigned int n);

#endif

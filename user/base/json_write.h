/* SPDX-License-Identifier: Apache-2.0 */
/* json_write.h: appends JSON text (RFC 8259) to a buffer. Whatever bytes the strings hold, the
 * text is valid and holds no control character: those are escaped, invalid UTF-8 is repaired to
 * U+FFFD. Commas are set by the writer; that each key has one value is up to the caller. */
#ifndef LLMSNOOP_JSON_WRITE_H
#define LLMSNOOP_JSON_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct json_write {
	struct buf *out; /* borrowed */
	bool comma;	 /* something stands before, in the same container */
	int err;	 /* the first failure of the buffer (-E2BIG, -ENOMEM); sticky */
};

/* Writes to the end of out, which must outlive w. */
void json_write__init(struct json_write *w, struct buf *out);

void json_write__open(struct json_write *w, char bracket);  /* '{' or '[' */
void json_write__close(struct json_write *w, char bracket); /* '}' or ']' */
void json_write__key(struct json_write *w, const char *key);
/* A key that others chose. */
void json_write__name(struct json_write *w, struct span key);

void json_write__text(struct json_write *w, struct span s);
void json_write__string(struct json_write *w, const char *s); /* NULL: null */
/* A value that is JSON already, on one line. */
void json_write__raw(struct json_write *w, const char *json);
/* A number, true, false or null that is spelled as JSON has it. */
void json_write__spelled(struct json_write *w, struct span s);
void json_write__int(struct json_write *w, int64_t v);
void json_write__uint(struct json_write *w, uint64_t v);
void json_write__bool(struct json_write *w, bool v);
/* The shortest text that reads back as v; null where v is not finite. */
void json_write__real(struct json_write *w, double v);
/* Nanoseconds as seconds, exactly: 9710000000 is 9.71. */
void json_write__seconds(struct json_write *w, int64_t ns);
/* A string of lower-case hexadecimal digits, two for each byte. */
void json_write__hex(struct json_write *w, const uint8_t *p, size_t n);
/* CLOCK_REALTIME nanoseconds as an RFC 3339 string in UTC with nine digits of fraction. */
void json_write__time(struct json_write *w, uint64_t realtime_ns);

/* A member of an object: key and value. A text that is NULL or empty is left out. */
void json_write__put_text(struct json_write *w, const char *key, const char *text);
void json_write__put_uint(struct json_write *w, const char *key, uint64_t v);

#endif

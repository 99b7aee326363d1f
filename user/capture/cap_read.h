/* SPDX-License-Identifier: Apache-2.0 */
/* cap_read.h: reads a capture file (cap.h) and tells it to a struct capture_ops. The file is
 * hostile input: any bytes are safe, and none of them makes the reader hold more than one record.
 */
#ifndef LLMSNOOP_CAP_READ_H
#define LLMSNOOP_CAP_READ_H

#include <stdint.h>

#include "base/span.h"
#include "capture/capture.h"

struct cap_read;

/* What is wrong, and where. err is 0 with a warning: all before offset was told. */
struct cap_error {
	int err;	  /* negative errno */
	uint64_t offset;  /* of the record or byte in question */
	const char *what; /* static storage; NULL: nothing */
};

/* Opens path ("-": standard input) and checks the head. -ENODATA: empty; -ENOMSG: not a capture
 * file; -EPROTO: from a newer version; -EBADMSG: corrupt or cut within the head; else what open or
 * read said. ret_error is written either way. */
int cap_read__open(const char *path, struct cap_read **ret, struct cap_error *ret_error);

/* Tells the next record that is known to ops. Returns 1; 0 at the end, and then ret_error->what is
 * NULL or a warning (the file was cut); or a negative error (-EBADMSG: corrupt). */
int cap_read__next(struct cap_read *r, const struct capture_ops *ops, void *ctx,
		   struct cap_error *ret_error);

/* The value of a key of the file's CAP_INFO record (borrowed until r is freed); NULL: absent, or
 * the record was not read yet (it is the first). */
const char *cap_read__info(const struct cap_read *r, const char *key);

void cap_read__free(struct cap_read *r); /* NULL is fine */

#endif

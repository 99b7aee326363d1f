/* SPDX-License-Identifier: Apache-2.0 */
/* decode.h: records of the data ring as the structs that capture_ops are told. */
#ifndef LLMSNOOP_DECODE_H
#define LLMSNOOP_DECODE_H

#include <stddef.h>

#include "capture/capture.h"

/* Each takes a record of size bytes, of the kind that the name says, and is false where it is not
 * what it should be. What they fill borrows from the record. */
bool decode__data(const struct event_header *h, size_t size, struct capture_data *ret);
bool decode__close(const struct event_header *h, size_t size, struct capture_close *ret);
bool decode__peer(const struct event_header *h, size_t size, struct capture_peer *ret);

#endif

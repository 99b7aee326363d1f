/* SPDX-License-Identifier: Apache-2.0 */
/* jsonl.h: records as JSON lines (record_json.h). */
#ifndef LLMSNOOP_JSONL_H
#define LLMSNOOP_JSONL_H

#include "sink/sink.h"

/* To path (outfile.h says what it may be), or to standard output where it is NULL. Negative errno
 * as outfile__open, -ENOMEM. */
int jsonl__open(const char *path, struct sink **ret);

#endif

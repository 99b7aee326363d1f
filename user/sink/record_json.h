/* SPDX-License-Identifier: Apache-2.0 */
/* record_json.h: the record as one JSON object, keys as docs/record.schema.json has them (names of
 * the OpenTelemetry GenAI conventions 1.41, own facts as llmsnoop.*). What is unknown is left
 * out. */
#ifndef LLMSNOOP_RECORD_JSON_H
#define LLMSNOOP_RECORD_JSON_H

#include "base/buf.h"
#include "call/record.h"

/* Both append one line with its line feed. -E2BIG, -ENOMEM: out is as it was. */
int record_json__call(struct buf *out, const struct call *c);
int record_json__stats(struct buf *out, const struct stats *st);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* record_json.h: the record as one JSON object, keys as call/fields.h and docs/record.schema.json
 * have them. What is unknown is left out. */
#ifndef LLMSNOOP_RECORD_JSON_H
#define LLMSNOOP_RECORD_JSON_H

#include "base/buf.h"
#include "call/agent.h"
#include "call/record.h"

/* Each appends one line with its line feed. -E2BIG, -ENOMEM: out is as it was. */
int record_json__call(struct buf *out, const struct call *c);
int record_json__run(struct buf *out, const struct agent_run *r);
int record_json__tool(struct buf *out, const struct agent_tool *t);
int record_json__stats(struct buf *out, const struct stats *st);

#endif

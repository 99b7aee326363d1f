/* SPDX-License-Identifier: Apache-2.0 */
/* put.h: what was said as JSON in the shapes of the OpenTelemetry GenAI conventions. Valid JSON,
 * whatever was said. Masks go over each text as a whole, then previews cut it. Of meta, texts are
 * empty and "bytes" says how long they were. */
#ifndef LLMSNOOP_CONTENT_PUT_H
#define LLMSNOOP_CONTENT_PUT_H

#include "base/json_write.h"
#include "content/content.h"
#include "content/said.h"

struct content_put {
	const struct content_config *cfg;
	uint32_t *secrets;   /* N_SECRETS counts */
	const char *finish;  /* of an answer that does not say why it ended */
	struct json_write w; /* of the text under way */
	struct buf masked;
	struct json_doc doc;
	struct json_text text;
	bool cut; /* something was left out */
};

void content_put__init(struct content_put *p, const struct content_config *cfg,
		       uint32_t secrets[N_SECRETS]);
void content_put__free(struct content_put *p);

/* Each appends one JSON value to out. 0, -E2BIG, -ENOMEM. */
int content_put__messages(struct content_put *p, const struct said_list *list, bool output,
			  struct buf *out);
int content_put__parts(struct content_put *p, const struct said_message *m, struct buf *out);
int content_put__tools(struct content_put *p, const struct said_tool *v, unsigned int n,
		       struct buf *out);
int content_put__body(struct content_put *p, const struct said_part *part, struct buf *out);

#endif

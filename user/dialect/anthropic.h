/* SPDX-License-Identifier: Apache-2.0 */
/* anthropic.h: the wire of Anthropic's Messages, which comes under other roofs, too: Amazon
 * Bedrock, batches. */
#ifndef LLMSNOOP_ANTHROPIC_H
#define LLMSNOOP_ANTHROPIC_H

#include "dialect/wire.h"

enum anthropic_part {
	ANTHROPIC_USER_ID = WIRE_OWN,
	ANTHROPIC_FORMAT,
	ANTHROPIC_BLOCK,      /* a content block */
	ANTHROPIC_BLOCK_TYPE, /* which of them are the caller's tools */
	ANTHROPIC_OUTPUT,     /* some text, thinking or tool arguments */
	ANTHROPIC_INPUT,      /* of a block: arguments */
	ANTHROPIC_PARTIAL,    /* a piece of them */
	ANTHROPIC_TYPE,	      /* of an event */
	ANTHROPIC_STOP,
	ANTHROPIC_TOOL_IN, /* the type of a tool that is offered */
	ANTHROPIC_EDITED,  /* the server took something out of the context */
	ANTHROPIC_END,	   /* ids from here on belong to who includes this */
};

/* Parts of an answer. */
extern const struct json_path anthropic_usage[13];
extern const struct json_path anthropic_block[6];
extern const struct json_path anthropic_blocks[1];
extern const struct json_path anthropic_start[5]; /* a whole message, or one that begins */
extern const struct json_path anthropic_delta[5];
extern const struct json_path anthropic_error[4];

/* Hooks. */
void anthropic__answer_value(struct dialect_reader *r, const struct json_value *v);
void anthropic__document(struct dialect_reader *r);
/* input_tokens leaves out what was read from and written to the cache: adds them. */
void anthropic__count(const struct dialect_reader *r, int64_t tokens[WIRE_N_USAGE]);

#endif

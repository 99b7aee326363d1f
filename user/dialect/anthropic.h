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
	ANTHROPIC_TYPE,	      /* of an event */
	ANTHROPIC_STOP,
	ANTHROPIC_COMPACTED, /* the type of what the server did to the context */
	ANTHROPIC_END,	     /* ids from here on belong to who includes this */
};

/* input_tokens leaves out what was read from and written to the cache: adds them. */
void anthropic__count(const struct dialect_reader *r, int64_t tokens[WIRE_N_USAGE]);

#endif

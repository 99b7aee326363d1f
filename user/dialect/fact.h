/* SPDX-License-Identifier: Apache-2.0 */
/* fact.h: what dialects read from the wire, under one name for all providers. */
#ifndef LLMSNOOP_FACT_H
#define LLMSNOOP_FACT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

enum fact {
	FACT_NONE,
	/* from the request */
	FACT_REQUEST_MODEL,		/* text */
	FACT_REQUEST_STREAM,		/* number 0 or 1 */
	FACT_REQUEST_MAX_TOKENS,	/* number */
	FACT_REQUEST_TEMPERATURE,	/* real */
	FACT_REQUEST_TOP_P,		/* real */
	FACT_REQUEST_TOP_K,		/* number */
	FACT_REQUEST_SEED,		/* number */
	FACT_REQUEST_CHOICES,		/* number */
	FACT_REQUEST_FREQUENCY_PENALTY, /* real */
	FACT_REQUEST_PRESENCE_PENALTY,	/* real */
	FACT_REQUEST_STOP,		/* text; once for each sequence */
	FACT_REQUEST_REASONING,		/* text: the level as spelled */
	FACT_REQUEST_OUTPUT_TYPE,	/* text: json, text, image, speech */
	FACT_REQUEST_SERVICE_TIER,	/* text */
	FACT_CONVERSATION_ID,		/* text */
	FACT_TOOL_RESULT_ID, /* text: the id of a tool call whose result this request brings */
	/* from the answer; later values replace earlier ones */
	FACT_RESPONSE_MODEL,	 /* text */
	FACT_RESPONSE_ID,	 /* text */
	FACT_INPUT_TOKENS,	 /* number: all input, cached included */
	FACT_OUTPUT_TOKENS,	 /* number: all output, reasoning included */
	FACT_CACHE_READ_TOKENS,	 /* number */
	FACT_CACHE_WRITE_TOKENS, /* number */
	FACT_REASONING_TOKENS,	 /* number */
	FACT_FINISH_REASON,	 /* text; index is the choice */
	FACT_TOOL_CALL,		 /* text: the name; id beside it; index in order of appearance;
				    told again where the id comes later */
	FACT_SERVICE_TIER,	 /* text */
	FACT_SYSTEM_FINGERPRINT, /* text */
	FACT_COST_USD,		 /* real: the provider's own figure */
	FACT_OUTPUT,		 /* an event with model output: text, reasoning, tool arguments */
	FACT_ERROR_TYPE,	 /* text: the provider's own type or code */
	FACT_ERROR_MESSAGE,	 /* text: goes nowhere but -v; may hold content */
	FACT_DONE,		 /* the stream's own end mark or final event */
	FACT_MAX,
};

struct fact_value {
	struct span text; /* borrowed until the callback returns; UTF-8 as decoded, any bytes */
	struct span id;	  /* FACT_TOOL_CALL: p is NULL where there is none */
	int64_t number;
	double real;
	uint32_t index;
	bool truncated; /* text is longer than what is kept */
};

#endif

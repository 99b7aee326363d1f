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
	FACT_REQUEST_DIMENSIONS,	/* number: of an embedding */
	FACT_REQUEST_ENCODING_FORMAT,	/* text; once for each: of embeddings or audio */
	FACT_PREVIOUS_RESPONSE_ID,	/* text: the answer that this request goes on from */
	FACT_CONVERSATION_ID,		/* text */
	FACT_AGENT_ID,	       /* text: which agent of the conversation asks; the conversation's own
				  id: the one that it began with */
	FACT_AGENT_PARENT,     /* text: the agent that it works for, likewise */
	FACT_AGENT_NAME,       /* text: what kind of agent it is called */
	FACT_TOOLS_OFFERED,    /* number 1: the model may ask for tools that the client runs */
	FACT_TOOL_RESULT_ID,   /* text: the id of a tool call whose result this request brings */
	FACT_TOOL_RESULT_NAME, /* text: the tool's name, where answers may have no ids */
	FACT_TOOL_RESULT_ERROR, /* text: the same id, behind it, where the result is a failure */
	FACT_MCP_METHOD,	/* text: JSON-RPC method */
	FACT_MCP_TOOL,		/* text: the tool that is called */
	FACT_MCP_RESOURCE,	/* text: URI of the resource that is read */
	FACT_MCP_REQUEST_ID,	/* text: JSON-RPC id, a number as spelled */
	FACT_MCP_SESSION_ID,	/* text */
	FACT_MCP_PROTOCOL,	/* text: its version, a date */
	/* from the answer; later values replace earlier ones */
	FACT_RESPONSE_MODEL,	 /* text */
	FACT_RESPONSE_ID,	 /* text */
	FACT_INPUT_TOKENS,	 /* number: all input, cached included */
	FACT_OUTPUT_TOKENS,	 /* number: all output, reasoning included */
	FACT_CACHE_READ_TOKENS,	 /* number */
	FACT_CACHE_WRITE_TOKENS, /* number */
	FACT_REASONING_TOKENS,	 /* number */
	/* parts of the above, where the provider tells them apart */
	FACT_CACHE_WRITE_5M_TOKENS, /* number: Anthropic's cache, kept for five minutes */
	FACT_CACHE_WRITE_1H_TOKENS, /* number: for an hour */
	FACT_TOOL_USE_TOKENS,	    /* number: input that came from the provider's own tools */
	FACT_INPUT_TEXT_TOKENS,	    /* number */
	FACT_INPUT_IMAGE_TOKENS,
	FACT_INPUT_AUDIO_TOKENS,
	FACT_CACHE_READ_TEXT_TOKENS,
	FACT_CACHE_READ_IMAGE_TOKENS,
	FACT_CACHE_READ_AUDIO_TOKENS,
	FACT_OUTPUT_TEXT_TOKENS,
	FACT_OUTPUT_IMAGE_TOKENS,
	FACT_OUTPUT_AUDIO_TOKENS,
	FACT_TOTAL_TOKENS,   /* number: where the provider says nothing but the sum */
	FACT_COUNTED_TOKENS, /* number: counted on request, not used */
	FACT_WEB_SEARCHES,   /* number: searches that the provider ran and bills */
	FACT_SEARCH_CONTEXT, /* text: how much is read of what is found, as asked for or billed:
				low, medium, high */
	FACT_SPEED,	     /* text: how fast it is made, as asked for or billed: standard, fast */
	FACT_SEARCH_UNITS,   /* number: what rerankers bill */
	FACT_BATCH_REQUESTS, /* number: calls that this fetched batch answers */
	FACT_AUDIO_SECONDS,  /* real: what transcription bills where it counts no tokens */
	FACT_COMPACTED,	     /* number 1: the conversation was shortened by the provider */
	FACT_FINISH_REASON,  /* text; index is the choice */
	FACT_BLOCK_REASON,   /* text: why the prompt was not answered at all */
	FACT_TOOL_CALL,	     /* text: the name; id beside it; index in order of appearance;
				told again where the id comes later */
	FACT_TOOL_ARGUMENTS, /* number: a hash of what that tool call (index) is given, as far
				as it came; 0: unknown */
	FACT_SERVICE_TIER,   /* text */
	FACT_SYSTEM_FINGERPRINT, /* text */
	FACT_COST_USD,		 /* real: the provider's own figure */
	FACT_COST_BYOK,		 /* number 1: that leaves out FACT_COST_UPSTREAM, which somebody
				    else charges to the user's own key */
	FACT_COST_UPSTREAM,	 /* real: USD */
	FACT_UPSTREAM,		 /* text: whom a gateway passed the call on to */
	FACT_OUTPUT,		 /* an event with model output: text, reasoning, tool arguments;
				    number: bytes of it as spelled, 0: unknown */
	FACT_ERROR_TYPE,	 /* text: the provider's own type or code */
	FACT_ERROR_MESSAGE,	 /* text: goes nowhere but -v; may hold content */
	FACT_DONE,		 /* the stream's own end mark or final event */
	FACT_PENDING, /* number 1: the answer is still in the making, to be fetched later;
			 0: it is final */
	/* A session (a WebSocket) holds many calls, or turns: facts with a turn are of that call,
	 * those without are of all that begin later. */
	FACT_TURN_BEGIN, /* number: CLOCK_MONOTONIC ns of the first byte that asked for it */
	FACT_TURN_END,
	FACT_MAX,
};

struct fact_value {
	struct span text; /* borrowed until the callback returns; UTF-8 as decoded, any bytes */
	struct span id;	  /* FACT_TOOL_CALL: p is NULL where there is none */
	int64_t number;
	double real;
	uint32_t index;
	uint32_t turn;	/* of a session, from 1; 0: of the exchange or the session as a whole */
	bool truncated; /* text is longer than what is kept */
};

#endif

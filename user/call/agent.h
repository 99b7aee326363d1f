/* SPDX-License-Identifier: Apache-2.0 */
/* agent.h: records of what calls make up together. Plain data, as record.h has it: integers are
 * -1, reals NAN and strings NULL where the fact is unknown. */
#ifndef LLMSNOOP_AGENT_H
#define LLMSNOOP_AGENT_H

#include "call/record.h"

/* How it is known that a run is over. */
enum run_end {
	RUN_FINISHED, /* an answer that asks for no tool */
	RUN_SILENCE,  /* what was due did not come */
	RUN_PROCESS_EXIT,
	RUN_CAPTURE_END, /* it may go on */
	RUN_SUPERSEDED,	 /* too many runs are open */
};

/* One run of an agent: calls joined by what the wire itself carries, from a prompt to the answer
 * that asks for nothing more. */
struct agent_run {
	uint64_t time_ns;     /* CLOCK_REALTIME of the first call's first byte */
	uint64_t duration_ns; /* to the end of the last call */
	uint8_t trace_id[16], span_id[8], parent_span_id[8]; /* all zero: none */
	enum sampled sampled;
	const char *agent; /* its name, where the wire has one */
	const char *provider, *conversation_id;
	const char *model;		   /* that was asked for; NULL: several */
	const char *const *finish_reasons; /* of the last call */
	unsigned int n_finish_reasons;
	enum run_end end;
	const char *error_type; /* of the last call, where that failed; NULL: the run did not */

	int64_t rounds;	 /* answered calls that offer tools or bring results; others are beside them
			  */
	int64_t calls;	 /* all */
	int64_t errors;	 /* calls that failed */
	int64_t retries; /* calls that said again what had failed */
	int64_t aborts;	 /* answers that the client did not wait for */
	int64_t tools;	 /* that were asked for */
	int64_t loops;	 /* tools asked for with the same arguments again and again */
	int64_t input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
		reasoning_tokens;
	int64_t cost_nusd;     /* of the priced calls */
	int64_t unpriced;      /* calls with tokens but no price */
	int64_t aborted_nusd;  /* of that: answers that nobody waited for */
	int64_t loops_nusd;    /* of that: calls that only repeated a tool */
	uint64_t model_ns;     /* while at least one call was under way */
	uint64_t tool_ns;      /* while none was, but a tool was asked for */
	uint64_t slowest_ns;   /* the slowest step, a call or a tool */
	const char *slowest;   /* its name: a model's or a tool's */
	uint8_t slowest_id[8]; /* its span; all zero: none */

	bool truncated; /* some fact may be missing */
	struct who who; /* of its first call */
};

/* One use of a tool: what lies between an answer that asks for it and the request that brings its
 * result. That is an upper bound of the time it took. */
struct agent_tool {
	uint64_t time_ns;     /* CLOCK_REALTIME of the last byte of that answer */
	uint64_t duration_ns; /* to the first byte of that request */
	uint8_t trace_id[16], span_id[8], parent_span_id[8]; /* the parent is the run */
	enum sampled sampled;
	const char *name, *id;
	const char *error_type; /* NULL: it did not fail, as far as the wire says */
	int64_t repeats;	/* how often the run asked for just this before, with the same
				   arguments; -1: unknown */
	bool inferred;		/* false: its own call (mcp.call) was seen, and gave the times */
	uint8_t mcp_span_id[8]; /* of that call; all zero: none */
	const char *agent, *conversation_id;
	struct who who;
};

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* open.h: a call under way: what the files of this folder share. */
#ifndef LLMSNOOP_CALL_OPEN_H
#define LLMSNOOP_CALL_OPEN_H

#include "base/arena.h"
#include "base/json_strings.h"
#include "base/siphash.h"
#include "call/processes.h"
#include "call/record.h"
#include "call/timing.h"
#include "content/content.h"
#include "dialect/dialect.h"
#include "http/msg.h"

struct call_tracker;
struct limits;
struct run;
struct run_tool;

/* Texts by position; holes are NULL. Lives in the call's arena. */
struct text_list {
	const char **v;
	unsigned int n, cap;
	bool old; /* what is added next begins it anew */
};

struct call_open {
	struct call_tracker *tracker;
	const struct limits *lim;
	struct call c; /* grows into the record */
	struct arena arena;
	struct dialect_reader *reader;	  /* a turn's is its session's */
	const struct process_facts *proc; /* NULL: unknown; a turn's is its session's */
	struct call_open *prev, *next;	  /* of the tracker's open calls */

	uint64_t conn;		 /* the connection's id */
	const struct conn *link; /* the connection, which outlives the call */
	const char *traceparent; /* of the request; NULL: none */
	uint64_t first_ns;	 /* CLOCK_MONOTONIC of the first request byte */
	uint64_t last_ns;	 /* of the last byte of either message */
	struct timing timing;

	/* what estimate.c goes by: read only where estimates are asked for */
	struct json_strings request_text, answer_text;
	uint64_t output_bytes, unsized_outputs;

	struct content_call *said; /* NULL: nobody asked for it */

	/* lists, handed to c at the end */
	struct text_list finish, stop, formats, tool_results, failed_results, named_results;
	struct call_tool *tools;
	unsigned int n_tools, tools_cap;
	unsigned int next_tool_result; /* position that the next one takes */

	/* what outcome.c judges by */
	unsigned int request_flags, response_flags; /* enum http_body_flag */
	bool damaged;				    /* some JSON was broken or cut */
	bool request_damaged;			    /* it was before the answer came */
	bool response_ended;			    /* the answer came to its HTTP end */
	bool gap_before_body;  /* bytes of the answer were lost before any came */
	int64_t upstream_nusd; /* what the provider behind a gateway charges */
	bool byok;	       /* that is not in the gateway's own figure */
	bool error_said;       /* the provider told of an error, perhaps without a type */

	/* what runs.c joins it by */
	struct {
		const char *id, *parent, *name; /* FACT_AGENT_*; NULL: not told */
	} asker;
	bool offers_tools;     /* that the client runs */
	struct siphash body;   /* of the request; in a session: of the messages for one turn */
	bool body_over;	       /* a turn has begun by them */
	uint64_t request;      /* its fingerprint; 0: unknown */
	bool decided;	       /* which run it is of */
	bool refused;	       /* that it failed is noted already */
	uint64_t batch;	       /* of the tools that it asks for; 0: its run knows of none yet */
	unsigned int n_asked;  /* of them */
	struct run *run;       /* NULL: of none */
	struct run_tool *tool; /* of which this is the own call; NULL: of none that is known */
	struct call_open *run_next, *run_prev; /* of the run's that are under way */

	/* a session */
	bool upgraded;		   /* messages follow */
	struct call_open *turns;   /* that are under way, the latest first */
	unsigned int n_turns;	   /* of them */
	uint64_t message_bytes[2]; /* that came of the message under way, by enum side */
	bool in_message;	   /* of the client's */
	enum side side;		   /* of the message that is being read */
	/* a turn */
	struct call_open *session;   /* NULL: none */
	struct call_open *next_turn; /* of the session's */
	uint32_t turn;		     /* its number */
};

/* A bounded copy of s in the call's arena; NULL and c.truncated where there is no room. What is
 * longer than lim->json_value is cut, and c.truncated says so. */
const char *call_open__text(struct call_open *x, struct span s);

/* Sets *at to s: in place where the text that stands there is as long, a new copy otherwise, so
 * that a value said again with each event costs nothing. */
void call_open__set_text(struct call_open *x, const char **at, struct span s);

#endif

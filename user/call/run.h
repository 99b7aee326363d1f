/* SPDX-License-Identifier: Apache-2.0 */
/* run.h: one run that is open: what the files run*.c share. */
#ifndef LLMSNOOP_CALL_RUN_H
#define LLMSNOOP_CALL_RUN_H

#include "base/arena.h"
#include "call/agent.h"
#include "call/attempts.h"
#include "call/open.h"
#include "call/tracking.h"

#define RUN_KEY_BUCKETS 4096 /* a power of two */
#define RUN_OWNER_BITS 10
#define RUN_RESPONSES 8 /* latest answers that a request may go on from */
#define RUN_REASONS 4
#define RUN_TEXT 128 /* bytes of a text that changes while the run goes on */

/* What a later request may name a run by. */
enum run_by {
	RUN_BY_TOOL,
	RUN_BY_RESPONSE,
	RUN_BY_AGENT, /* of a conversation */
	RUN_BY_TRACE,
};

struct run_key {
	uint64_t hash; /* 0: not in the index */
	struct run *run;
	struct run_tool *tool; /* RUN_BY_TOOL */
	struct run_key *next;  /* of its bucket, the latest first */
	struct run_key **at;   /* what points to it */
};

/* A use of a tool that an answer asked for. */
struct run_tool {
	struct run_key key;    /* by its id */
	struct run_tool *next; /* of the run's, the latest first */
	const char *name, *id; /* NULL: unknown */
	size_t bytes;	       /* what it takes */
	uint64_t asked_ns;     /* the last byte of that answer */
	int64_t repeats;
	uint8_t span_id[8];
	uint64_t batch;	  /* of which answer */
	unsigned int nth; /* of its tools */
	bool due;	  /* its result is waited for */
	bool done;	  /* its result was brought */
	/* its own call, where that is seen */
	bool seen;
	uint64_t own_ns, own_end_ns; /* own_end_ns 0: it is not over */
	uint8_t own_id[8];
	char own_error[RUN_TEXT]; /* "": it did not fail */
};

/* How often the run asked for one tool with the same arguments. */
struct run_repeat {
	uint64_t hash;
	int64_t n;	/* answers that did */
	uint64_t batch; /* the latest of them */
};

/* A process with open runs: it pushes out its own before those of others. */
struct run_owner {
	uint32_t pid;
	struct run_owner *next; /* of its bucket */
	struct run *runs;	/* by latest activity, the oldest first */
	unsigned int n;
	struct arena_budget budget; /* a share of runs.budget */
};

struct run {
	struct runs *runs;
	struct run *older, *newer; /* by latest activity */
	struct run_owner *owner;
	struct run *prev, *next; /* of the owner's (utlist) */
	uint64_t serial;	 /* never 0 */
	struct agent_run r;	 /* grows into the record */
	uint64_t asker;		 /* runs__asker's fingerprint */
	struct run *parent;	 /* of the agent that started this one; NULL: none, or over */
	struct run *children, *next_child, **child_at;
	struct arena arena; /* for what does not change */
	size_t bytes;	    /* what its tools and repeats take */

	/* whose: ids count within this */
	uint32_t pid;
	uint64_t start_ns;
	enum call_role role;

	struct attempt failed_step; /* the round that failed: request is of its results; 0: none */
	struct run_key agent, trace, responses[RUN_RESPONSES];
	unsigned int next_response;
	struct run_tool *tools;
	unsigned int n_tools, n_due, nth_tool; /* remembered, due, asked for so far */
	struct run_repeat *repeats;
	unsigned int n_repeats, repeats_cap;

	struct call_open *members;	/* calls under way, the latest first */
	unsigned int n_members, n_busy; /* of them, of models */
	/* CLOCK_MONOTONIC: of the first call, end of the last call, latest activity */
	uint64_t first_ns, end_ns, active_ns;
	/* the latest time in which calls were under way: since when, up to when it is in model_ns,
	 * when the one before it was over; before it a tool was due: that is in tool_ns */
	uint64_t busy_ns, counted_ns, rest_ns;
	bool waited;
	uint64_t latest_ns, latest_round_ns; /* when the latest call, and round, began */
	uint64_t wait_ns; /* that the provider asked for after the latest failure */
	bool told;	  /* a record names it */
	bool final;	  /* the latest answer asks for nothing more */
	bool failed;	  /* the latest call did */
	bool exited;	  /* so has its process */
	bool several_models;
	bool compared; /* arguments of some tools were known */
	bool who_known;

	char model[RUN_TEXT], slowest[RUN_TEXT], error[RUN_TEXT];
	char reasons[RUN_REASONS][RUN_TEXT];
	const char *reason_list[RUN_REASONS];
};

struct runs {
	struct call_tracker *tracker;
	const struct limits *lim;
	uint8_t key[SIPHASH_KEY_BYTES];
	struct attempts *attempts;
	struct run *oldest, *newest; /* by latest activity */
	unsigned int n;
	uint64_t serials;	    /* of runs and batches */
	struct arena_budget budget; /* of all of it but the structs themselves */
	struct run_key *buckets[RUN_KEY_BUCKETS];
	struct run_owner *owners[1 << RUN_OWNER_BITS];
};

/* ---- run_owners.c ---- */

/* The runs of a process, the oldest first; NULL: none. */
struct run *run_owners__runs(const struct runs *t, uint32_t pid);
/* Ends the oldest runs of a process where it has too many for one more. */
void run_owners__make_room(struct runs *t, uint32_t pid);
/* r is the latest of its pid. False: no memory. */
bool run_owners__add(struct run *r);
void run_owners__touch(struct run *r); /* it is the latest again */
void run_owners__del(struct run *r);   /* last: nothing of the budget is in use */
/* Room for bytes within what r's process may take: its oldest other runs end for it. False: there
 * is none. */
bool run_owners__afford(struct run *r, size_t bytes);

/* ---- run_keys.c ---- */

/* The fingerprint of a text within x's process. Never 0. */
uint64_t run_keys__hash(const struct runs *t, const struct call_open *x, enum run_by by,
			const void *text, size_t n);
/* Likewise of an agent of x's conversation, which is known. NULL, or the conversation's own id: the
 * one that it began with. */
uint64_t run_keys__hash_agent(const struct runs *t, const struct call_open *x, const char *agent);
void run_keys__add(struct runs *t, struct run_key *k, uint64_t hash, struct run *r,
		   struct run_tool *tool);
void run_keys__del(struct run_key *k); /* one that is not there is fine */
/* The latest of that hash, or that before k; NULL: none. */
struct run_key *run_keys__find(const struct runs *t, uint64_t hash);
struct run_key *run_keys__next(const struct run_key *k);

/* ---- runs.c ---- */

/* Is it a call that answers with words or uses of tools? */
bool runs__is_inference(const struct call_open *x);
/* Is it a part of an agent's own conversation, and not beside it? It offers tools, or brings what
 * they gave. */
bool runs__is_round(const struct call_open *x);
/* Which agent of its conversation asks; 0: the one that this began with, or it is not told. */
uint64_t runs__asker(const struct call_open *x);

/* ---- run.c ---- */

/* x begins a run. NULL: no memory. */
struct run *run__new(struct runs *t, const struct call_open *x);
/* r, that has just begun, is within parent; NULL: within none that is open. */
void run__be_within(struct run *r, struct run *parent);
/* A record names it: its own will come, and those of the runs that it is within. */
void run__name(struct run *r);
/* Tells it, if a record names it, and frees it, since there is no room for it. */
void run__supersede(struct run *r);
/* The same for why. Calls under way leave it. */
void run__end(struct run *r, enum run_end why);
/* x, whose run r is, is under way. */
void run__join(struct run *r, struct call_open *x);
/* x's record is complete: the sums. */
void run__add(struct run *r, struct call_open *x);
/* x is over: the times. */
void run__part(struct run *r, struct call_open *x);
/* Something came of it, and so of those that it is within. */
void run__touch(struct run *r, uint64_t ts_ns);
/* Nothing came for so long that it is over at now_ns. */
bool run__silent(const struct run *r, uint64_t now_ns);
/* A step took so long. */
void run__step(struct run *r, uint64_t ns, const char *name, const uint8_t span_id[8]);
/* A cut copy that splits no character. NULL where there is nothing. */
const char *run__text(char to[RUN_TEXT], const char *from);
/* Room within what open runs may take; the oldest other runs end for it. False: there is none. */
bool run__afford(struct run *r, size_t bytes);

/* ---- run_tools.c ---- */

/* x's answer asks for tools, as far as it came: those that are new are remembered. Again when it
 * is over. */
void run_tools__ask(struct run *r, struct call_open *x);
/* It is over, and all is known of them: which repeat others. True: all do, and there are some. */
bool run_tools__repeat(struct run *r, struct call_open *x);
/* It failed: nobody uses them. */
void run_tools__forget(struct run *r, struct call_open *x);
/* Does it wait for tools without ids, of the names of all results without ids that x brings? */
bool run_tools__await(const struct run *r, const struct call_open *x);
/* x's request brings results: tells the tools that are over. */
void run_tools__bring(struct run *r, const struct call_open *x);
/* The run that waits for a tool which x, a call of MCP, is the call of: x->tool. NULL: none does,
 * or several do. */
struct run *run_tools__match(struct runs *t, struct call_open *x);
/* x is over. */
void run_tools__own_end(struct run *r, struct call_open *x);
/* The run ends: tells those whose own call was seen, frees all. */
void run_tools__end(struct run *r);

#endif

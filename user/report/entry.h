/* SPDX-License-Identifier: Apache-2.0 */
/* entry.h: what a report needs of one JSON line. Any bytes may come: only the paths below are
 * read, and what is not what it should be is unknown. No I/O, clock, globals or logging. */
#ifndef LLMSNOOP_REPORT_ENTRY_H
#define LLMSNOOP_REPORT_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "report/period.h"

#define ENTRY_TEXT_MAX 256 /* bytes of one text; longer ones are cut */

/* Texts, by the names of the record (user/call/fields.h). */
#define ENTRY_TEXTS(X)                             \
	X(TYPE, "type")                            \
	X(TRACE, "trace_id")                       \
	X(SPAN, "span_id")                         \
	X(NAME, "name")                            \
	X(OPERATION, "gen_ai.operation.name")      \
	X(PROVIDER, "gen_ai.provider.name")        \
	X(REQUEST_MODEL, "gen_ai.request.model")   \
	X(RESPONSE_MODEL, "gen_ai.response.model") \
	X(CONVERSATION, "gen_ai.conversation.id")  \
	X(ERROR, "error.type")                     \
	X(SERVER, "server.address")                \
	X(COMM, "llmsnoop.comm")                   \
	X(EXE, "process.executable.name")          \
	X(SERVICE, "service.name")                 \
	X(FEATURE, "llmsnoop.feature")             \
	X(NAMESPACE, "k8s.namespace.name")         \
	X(POD, "k8s.pod.name")                     \
	X(KEY, "llmsnoop.key_fp")                  \
	X(ROLE, "llmsnoop.role")                   \
	X(USAGE_SOURCE, "llmsnoop.usage.source")   \
	X(STARTED, "started")

/* Whole numbers; -1: unknown. */
#define ENTRY_COUNTS(X)                                       \
	X(INPUT, "gen_ai.usage.input_tokens")                 \
	X(OUTPUT, "gen_ai.usage.output_tokens")               \
	X(CACHE_READ, "gen_ai.usage.cache_read.input_tokens") \
	X(REASONING, "gen_ai.usage.reasoning.output_tokens")  \
	X(STATUS, "http.response.status_code")                \
	X(ATTEMPT, "llmsnoop.attempt")                        \
	X(LOST_BYTES, "llmsnoop.lost_bytes")                  \
	X(REPEATS, "llmsnoop.tool.repeats")                   \
	X(RUN_LOOPS, "llmsnoop.run.loops")                    \
	X(RUN_ABORTS, "llmsnoop.run.aborts")                  \
	X(STATS_LOST, "lost_records")                         \
	X(STATS_LOST_BYTES, "lost_bytes")                     \
	X(STATS_GAPS, "gaps")                                 \
	X(STATS_MISSED, "missed_calls")                       \
	X(STATS_REFUSED, "refused")                           \
	X(STATS_UNWRITTEN, "unwritten")

/* Decimal numbers, as billionths (nanoseconds, nano-dollars), exact; -1: unknown. */
#define ENTRY_NANOS(X)             \
	X(DURATION, "duration_s")  \
	X(TTFT, "llmsnoop.ttft_s") \
	X(COST, "gen_ai.usage.cost")

#define ENTRY_FLAGS(X)                     \
	X(TRUNCATED, "llmsnoop.truncated") \
	X(COST_ESTIMATED, "llmsnoop.cost.estimated")

#define ENTRY_TEXT_ID(id, name) ENTRY_##id,
#define ENTRY_COUNT_ID(id, name) ENTRY_##id,
enum entry_text { ENTRY_TEXTS(ENTRY_TEXT_ID) ENTRY_N_TEXTS };
enum entry_count { ENTRY_COUNTS(ENTRY_COUNT_ID) ENTRY_N_COUNTS };
enum entry_nano { ENTRY_NANOS(ENTRY_COUNT_ID) ENTRY_N_NANOS };
enum entry_flag { ENTRY_FLAGS(ENTRY_COUNT_ID) ENTRY_N_FLAGS };

struct entry {
	bool has_time;
	int64_t time_ns;
	struct span text[ENTRY_N_TEXTS]; /* into bytes; n is 0: unknown */
	int64_t count[ENTRY_N_COUNTS];
	int64_t nano[ENTRY_N_NANOS];
	bool flag[ENTRY_N_FLAGS];
	size_t used;
	uint8_t bytes[ENTRY_N_TEXTS * ENTRY_TEXT_MAX];
};

struct entry_reader;

/* Of a line whose time is known and in none of the n periods nothing more is read; but totals from
 * before the first of them are, since those in it go on from there. Borrowed. */
int entry_reader__new(const struct period *periods, unsigned int n, struct entry_reader **ret);
void entry_reader__free(struct entry_reader *r); /* NULL is fine */

enum entry_end {
	ENTRY_READ,    /* an object, read to its end */
	ENTRY_OUTSIDE, /* at another time */
	ENTRY_EMPTY,   /* blanks at most */
	ENTRY_BROKEN,  /* not one JSON object */
};

/* A piece of a line, without its line feed. -ENOMEM. */
int entry_reader__feed(struct entry_reader *r, struct span in);
/* The line is over. *ret_entry lives until the next feed. */
int entry_reader__end(struct entry_reader *r, enum entry_end *ret_end,
		      const struct entry **ret_entry);

/* A number as JSON spells it in billionths, rounded half up. -1: negative, or too large. */
int64_t entry__nano(struct span text);

#endif

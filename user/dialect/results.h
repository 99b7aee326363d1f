/* SPDX-License-Identifier: Apache-2.0 */
/* results.h: which tool results a request brings. A request repeats the whole conversation; what
 * is new are the results behind the model's last turn. */
#ifndef LLMSNOOP_RESULTS_H
#define LLMSNOOP_RESULTS_H

#include "base/buf.h"
#include "base/json_scan.h"
#include "dialect/text.h"

struct dialect_reader;
struct limits;

enum result_flag {
	RESULT_CUT = 1 << 0, /* the id */
	RESULT_FAILED = 1 << 1,
	RESULT_NAMED = 1 << 2, /* the tool's name, not an id */
};

struct results {
	struct buf ids; /* each: length (uint16_t), enum result_flag (1 byte), bytes */
	struct buf id;	/* of the message or part that is being read */
	struct text name;
	bool id_truncated;
	bool failed;	   /* the result says that the tool did */
	bool is_assistant; /* so is the message */
	bool is_result;	   /* so is the part */
	bool answered;	   /* the model spoke after the ids that are kept */
};

void results__init(struct results *s, const struct limits *lim);
void results__free(struct results *s);

/* A value of one of the ids WIRE_MESSAGES to WIRE_RESULT_FAILED. Tells FACT_TOOL_RESULT_ID and
 * FACT_TOOL_RESULT_ERROR at the end of the messages. True unless something did not fit. */
bool results__value(struct dialect_reader *r, const struct json_value *v);

#endif

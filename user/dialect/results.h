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

struct results {
	struct buf ids; /* each: length (uint16_t), cut (1 byte), bytes */
	struct buf id;	/* of the message or part that is being read */
	bool id_truncated;
	bool is_assistant; /* so is the message */
	bool is_result;	   /* so is the part */
	bool answered;	   /* the model spoke after the ids that are kept */
};

void results__init(struct results *s, const struct limits *lim);
void results__free(struct results *s);

/* A value of one of the ids WIRE_MESSAGES to WIRE_RESULT_ID. Tells FACT_TOOL_RESULT_ID at the end
 * of the messages. True unless something did not fit. */
bool results__value(struct dialect_reader *r, const struct json_value *v);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* errors.h: what an answer says of its failure, in the many ways there are:
 *	{"error":{"type","code","message"}}             OpenAI, Anthropic, Groq, OpenRouter (code: a
 *number)
 *	{"error":{"code":429,"status":"…","message"}}   Google; Azure has a number as status
 *	{"error":"text"}, {"code":"…","error":"text"}   Ollama; xAI
 *	{"object":"error","type","code","message"}      Mistral, vLLM
 *	{"type","code","message"} in an event "error"   llama.cpp, gpustack
 *	{"detail":…}                                    FastAPI: no type at all
 *	{"base_resp":{"status_code":1004,"status_msg"}} MiniMax
 * An error that is null, empty, false or 0 is none, and so is a code of 0. */
#ifndef LLMSNOOP_ERRORS_H
#define LLMSNOOP_ERRORS_H

#include "base/json_scan.h"
#include "dialect/text.h"

struct dialect_reader;

struct errors {
	bool inside; /* "error" says something */
	bool object; /* "object":"error" */
	struct text type, code, status, message;
	struct text top_type, top_code, top_message;
};

/* A document begins. */
void errors__begin(struct errors *e);
/* A value of one of the ids WIRE_ERROR to WIRE_TOP_OBJECT. */
void errors__value(struct errors *e, const struct json_value *v);
/* The document is over. Tells FACT_ERROR_TYPE (type, else code, else status; "_OTHER" where the
 * error has none and HTTP's status says none either) and FACT_ERROR_MESSAGE if it is an error.
 * named: the document came in an event "error". */
void errors__tell(struct dialect_reader *r, bool named);

#endif

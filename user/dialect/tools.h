/* SPDX-License-Identifier: Apache-2.0 */
/* tools.h: the tool calls of one answer, put together from fragments. A fragment is what one
 * element of tool_calls says: an index, an id, a name, any of them absent. */
#ifndef LLMSNOOP_TOOLS_H
#define LLMSNOOP_TOOLS_H

#include "base/json_scan.h"

struct dialect_reader;
struct limits;

#define TOOL_INDEX_NONE (-1)
#define TOOL_INDEX_FUNCTION (-2) /* the one function_call of an old answer */

struct tool {
	uint32_t choice;
	int64_t index;
	char *id, *name; /* NULL: not said yet */
	uint32_t id_n, name_n;
	uint64_t args, n_args; /* as json_hash.h has it, of so many bytes */
	bool all_args;	       /* of a fragment: that is all of them, said again perhaps */
	int64_t args_told;
	bool truncated; /* id or name */
	bool name_told, id_told;
};

struct tools {
	struct tool *v;
	unsigned int n;	    /* calls, in order of appearance */
	unsigned int n_all; /* behind them, fragments of a choice whose number is not known yet */
	unsigned int cap;
	struct tool open; /* the fragment that is being read */
	bool args_lost;	  /* some fit nowhere */
};

/* Drops everything. */
void tools__free(struct tools *t);

/* A fragment begins; one that was begun and not ended is dropped. */
void tools__begin(struct tools *t);
/* What the fragment says. Empty texts say nothing. -ENOMEM: as if not said. */
void tools__index(struct tools *t, int64_t index);
int tools__id(struct tools *t, const struct json_value *v);
int tools__name(struct tools *t, const struct json_value *v);
/* Arguments, or a piece of them: a value of a path that wants JSON_SEEN and JSON_HASH. all: these
 * are all, whatever was said before. */
void tools__args(struct tools *t, const struct json_value *v, bool all);
/* The same of the latest call, outside of any fragment. A fragment of arguments alone, without an
 * index, is of that, too. */
void tools__latest_args(struct tools *t, const struct json_value *v);
/* The fragment is complete. -E2BIG past limits.tool_calls, -ENOMEM: it is dropped. */
int tools__end(struct tools *t, const struct limits *lim);

/* The fragments ended since the last call belong to that choice. streamed: they may continue calls
 * begun earlier: by (choice, index); by id where there is no index. An index that comes again with
 * another id and a name is another call (some servers number all calls 0). Of what is said twice
 * the first counts. Not streamed: each is a call of its own. */
void tools__resolve(struct tools *t, uint32_t choice, bool streamed);

/* Tells FACT_TOOL_CALL for each call whose name is known and new, and again, with the same index,
 * where an id came later; then FACT_TOOL_ARGUMENTS, each time that there are more. */
void tools__tell(struct dialect_reader *r);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* json_scan.h: push scanner that reports the values at selected paths of a JSON document and skips
 * the rest without looking closer. Bounded memory, no recursion, the same result at every split;
 * a cut or broken document yields what stood before the break. No I/O, clock, globals, logging.
 *
 * The paths are a tree of const tables (a trie that the compiler lays out), so all scanners share
 * them and making a scanner costs one allocation:
 *
 *	static const struct json_path usage[] = {
 *		JSON_PATH("prompt_tokens", ID_INPUT, JSON_SCALAR),
 *	};
 *	static const struct json_path choice[] = {JSON_PATH("finish_reason", ID_WHY, JSON_SCALAR)};
 *	static const struct json_path choices[] = {JSON_EACH_KIDS(ID_CHOICE, JSON_LEAVE, choice)};
 *	static const struct json_path top[] = {
 *		JSON_KIDS("usage", 0, 0, usage),
 *		JSON_KIDS("choices", 0, 0, choices),
 *	};
 *	static const struct json_path root = JSON_ROOT(top);
 *
 * Grammar as RFC 8259, with these leniencies: control characters inside strings, any literal or
 * number-like token where the value is not selected, several documents one after the other (white
 * space between them or not), and a root array is looked through: its elements are documents. */
#ifndef LLMSNOOP_JSON_SCAN_H
#define LLMSNOOP_JSON_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

struct limits;

#define JSON_NEST_MAX 12 /* deepest tree of paths, arrays counted as a level */

/* What a path wants to hear of. */
enum json_want {
	JSON_SCALAR = 1 << 0, /* strings, numbers, true, false, null */
	JSON_SEEN = 1 << 1,   /* a string, array or object that is not empty: no text, no copy.
				 A string with its size in number, as spelled, at its end.
				 Arrays and objects only where the path has no kids. */
	JSON_ENTER = 1 << 2,  /* the begin of an array or object */
	JSON_HASH = 1 << 4,   /* beside JSON_SEEN: the hash of its bytes as spelled, at its end: of
				 a string with JSON_EXISTS, else with JSON_ENDS */
	JSON_LEAVE = 1 << 3,  /* its end (also told by json_scan__finish for a cut document) */
};

struct json_path {
	const char *key; /* NULL: each element of the array whose kid this is */
	uint8_t len;
	uint8_t want; /* enum json_want */
	uint16_t id;
	uint16_t n_kids;
	const struct json_path *kids;
};

#define JSON_N(table) ((uint16_t)(sizeof(table) / sizeof((table)[0])))
#define JSON_PATH(k, i, w)                                               \
	{                                                                \
		.key = (k), .len = sizeof(k) - 1, .want = (w), .id = (i) \
	}
#define JSON_KIDS(k, i, w, t)                                                                  \
	{                                                                                      \
		.key = (k), .len = sizeof(k) - 1, .want = (w), .id = (i), .n_kids = JSON_N(t), \
		.kids = (t)                                                                    \
	}
#define JSON_EACH(i, w)                \
	{                              \
		.want = (w), .id = (i) \
	}
#define JSON_EACH_KIDS(i, w, t)                                          \
	{                                                                \
		.want = (w), .id = (i), .n_kids = JSON_N(t), .kids = (t) \
	}
#define JSON_ROOT(t)                             \
	{                                        \
		.n_kids = JSON_N(t), .kids = (t) \
	}

enum json_type {
	JSON_STRING,
	JSON_NUMBER,
	JSON_TRUE,
	JSON_FALSE,
	JSON_NULL,
	JSON_OBJECT,
	JSON_ARRAY,
};

enum json_event {
	JSON_IS,     /* a scalar, for JSON_SCALAR */
	JSON_EXISTS, /* for JSON_SEEN */
	JSON_BEGINS, /* for JSON_ENTER */
	JSON_ENDS,   /* for JSON_LEAVE */
};

struct json_value {
	uint16_t id; /* of the path */
	enum json_event event;
	enum json_type type;
	bool truncated;	  /* text was longer than limits.json_value and is cut */
	bool integral;	  /* JSON_NUMBER with a value that int64_t holds exactly: see number */
	struct span text; /* JSON_STRING: decoded, valid UTF-8; JSON_NUMBER: as spelled */
	int64_t number;
	uint64_t hash; /* JSON_HASH: as json_hash.h has it, of so many bytes as number says */
	/* Positions in the arrays on the way (a root array not counted), outermost first. */
	const uint32_t *index;
	unsigned int n_index;
};

/* v is borrowed until the callback returns. Negative results end the scan and come back. */
struct json_ops {
	int (*value)(void *ctx, const struct json_value *v);
	/* A document (or an element of a root array) begins. May be NULL. */
	int (*begin)(void *ctx);
};

enum json_flag {
	JSON_MALFORMED = 1 << 0, /* not JSON from some point on */
	JSON_TOO_DEEP = 1 << 1,	 /* containers past limits.json_depth, skipped like any other */
	JSON_CUT = 1 << 2,	 /* finished inside a document */
	JSON_BAD_VALUE = 1 << 3, /* a selected value that is none: not reported, scan goes on */
};

struct json_scan;

/* root, ops and lim are borrowed for the scanner's life. -EINVAL: the paths nest deeper than
 * JSON_NEST_MAX; -ENOMEM. */
int json_scan__new(const struct json_path *root, const struct json_ops *ops, void *ctx,
		   const struct limits *lim, struct json_scan **ret);
/* Consumes all of in. 0; -EBADMSG from the first malformed byte on; -ENOMEM; or a callback's
 * negative result. All of them stay until reset. */
int json_scan__feed(struct json_scan *s, struct span in);
/* The text is over: a number at its very end is told now, open containers are left, innermost
 * first. Returns as feed. */
int json_scan__finish(struct json_scan *s);
/* Ready for another text. Allocates nothing and keeps the value buffer's memory. */
void json_scan__reset(struct json_scan *s);
/* Since the last reset: enum json_flag, or-ed. */
unsigned int json_scan__flags(const struct json_scan *s);
/* Since the last reset: whole documents. */
uint64_t json_scan__documents(const struct json_scan *s);
void json_scan__free(struct json_scan *s); /* NULL is fine */

#endif

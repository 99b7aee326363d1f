/* SPDX-License-Identifier: Apache-2.0 */
/* clause.h: conditions on a name, as lists of prices have them: equals, starts_with, ends_with,
 * contains, regex, and any or all of such. Case does not matter. */
#ifndef LLMSNOOP_CLAUSE_H
#define LLMSNOOP_CLAUSE_H

#include <stdbool.h>
#include <stddef.h>

struct cJSON;
struct clause;

/* Reads {"equals":"x"}, {"or":[…]} and the like, at most CLAUSE_DEPTH deep. Regular expressions are
 * PCRE2's, and bounded. NULL: it is none of these; ret_error then says why (at most size bytes). */
#define CLAUSE_DEPTH 8
struct clause *clause__read(const struct cJSON *json, char *ret_error, size_t size);
void clause__free(struct clause *c); /* NULL is fine */

bool clause__matches(const struct clause *c, const char *name);

#endif

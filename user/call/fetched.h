/* SPDX-License-Identifier: Apache-2.0 */
/* fetched.h: which answers have had their usage reported: an answer may be fetched any number of
 * times, by whom it was made for and by others, and is paid for once. */
#ifndef LLMSNOOP_CALL_FETCHED_H
#define LLMSNOOP_CALL_FETCHED_H

#include <stdbool.h>

struct call;
struct fetched;
struct limits;

/* Remembers the latest lim->fetched answers, as keyed hashes of 8 bytes. -ENOMEM. */
int fetched__new(const struct limits *lim, struct fetched **ret);
void fetched__free(struct fetched *f); /* NULL is fine */

/* Was the answer of c's response id, on c's host (or of its provider) and seen from the same side,
 * reported before? One without an id goes by its path. */
bool fetched__known(const struct fetched *f, const struct call *c);
/* It is reported now. */
void fetched__add(struct fetched *f, const struct call *c);

#endif

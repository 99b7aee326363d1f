/* SPDX-License-Identifier: Apache-2.0 */
/* redact.h: masks for what should not be kept of a text: [email] for an address, and so on. Applied
 * to whole texts, joined from whatever pieces they came in. Time is linear in the text, whatever
 * it holds; own rules are regular expressions of PCRE2 with a bound on their steps. */
#ifndef LLMSNOOP_REDACT_H
#define LLMSNOOP_REDACT_H

#include "base/buf.h"
#include "call/record.h"

struct redact;

/* rules: names of masks separated by commas: email, card, iban, phone, key, jwt, pem, ip, ssn;
 * "standard" is all of them but ip and ssn; "none" no mask; @FILE holds a name a line, or a rule
 * of one's own, NAME = REGEX, which becomes [NAME]; # begins a comment. Files that name no mask
 * add to the standard ones. NULL: standard. -EINVAL, -ENOMEM or the reason why a file cannot be
 * read; ret_why then says where (cut to n bytes). */
int redact__new(const char *rules, struct redact **ret, char *ret_why, size_t n);
void redact__free(struct redact *r); /* NULL is fine */

/* Is anything masked at all? */
bool redact__any(const struct redact *r);

/* Appends text to out, masks applied, and adds what was found to counts. The same mask twice is
 * the same as once. 0, -ENOMEM or -E2BIG (out is full): then nothing of use is in out. r holds
 * scratch memory: one thread at a time. */
int redact__text(struct redact *r, struct span text, struct buf *out, uint32_t counts[N_SECRETS]);

#endif

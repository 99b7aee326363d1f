/* SPDX-License-Identifier: Apache-2.0 */
/* redact_rules.h: masks that users write: regular expressions of PCRE2. Texts come from anybody:
 * the steps of a match and the matches in a text are bounded, and where a bound is reached the rest
 * of the text is masked. */
#ifndef LLMSNOOP_REDACT_RULES_H
#define LLMSNOOP_REDACT_RULES_H

#include "base/buf.h"

struct redact_rules;

int redact_rules__new(struct redact_rules **ret); /* -ENOMEM */
void redact_rules__free(struct redact_rules *r);  /* NULL is fine */

/* name: letters, digits, '-' and '_', at most 32. -EINVAL: it is another, or regex is none; why
 * then says so. -ENOMEM. */
int redact_rules__add(struct redact_rules *r, struct span name, struct span regex, char *why,
		      size_t n);

/* Appends text to out, [NAME] in place of what matches; counts what was found. As buf__add. */
int redact_rules__text(struct redact_rules *r, struct span text, struct buf *out, uint32_t *count);

#endif

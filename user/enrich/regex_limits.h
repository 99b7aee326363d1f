/* SPDX-License-Identifier: Apache-2.0 */
/* regex_limits.h: what a match of somebody's regular expression may cost (PCRE2, of bytes). */
#ifndef LLMSNOOP_REGEX_LIMITS_H
#define LLMSNOOP_REGEX_LIMITS_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* For pcre2_match(); past them it fails. The caller frees it; NULL: no memory. */
pcre2_match_context *regex_limits__new(void);

#endif

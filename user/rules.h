/* SPDX-License-Identifier: Apache-2.0 */
/* rules.h: the [feature] section of the configuration file. */
#ifndef LLMSNOOP_RULES_H
#define LLMSNOOP_RULES_H

#include <stddef.h>

#include "config.h"
#include "enrich/feature.h"

/* Reads the rules of config in their order; config may be NULL: there are none. ret_error says
 * file, line, and what is wrong there. Negative errno. */
int rules__load(const struct config *config, char *ret_error, size_t size,
		struct feature_rules **ret);

#endif

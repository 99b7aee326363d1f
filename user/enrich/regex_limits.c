// SPDX-License-Identifier: Apache-2.0
#include "enrich/regex_limits.h"

#define STEPS_MAX 50000 /* of one match */
#define HEAP_MAX_KIB 1024

pcre2_match_context *regex_limits__new(void)
{
	pcre2_match_context *c = pcre2_match_context_create(NULL);

	if (!c)
		return NULL;
	pcre2_set_match_limit(c, STEPS_MAX);
	pcre2_set_depth_limit(c, STEPS_MAX);
	pcre2_set_heap_limit(c, HEAP_MAX_KIB);
	return c;
}

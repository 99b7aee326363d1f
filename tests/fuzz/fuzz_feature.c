// SPDX-License-Identifier: Apache-2.0
/* Any text as a user's rule: read, or refused with a reason; what is read names a call within its
 * bound or not at all. The first line is the name, the rest the conditions. */
#include <stdlib.h>
#include <string.h>

#include "enrich/attribution.h"
#include "enrich/feature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char error[64], name[FEATURE_MAX + 1], *text = strndup((const char *)data, n), *rest;
	struct call c = call_unknown;
	struct feature_rules *r;
	struct attribution a;

	if (!text || feature_rules__new(&r))
		return 0;
	rest = strchr(text, '\n');
	if (rest)
		*rest++ = 0;
	else
		rest = text;
	/* the same text as what the traced side chose */
	c.request_model = c.who.pod_name = c.who.pod_namespace = c.who.cmdline = text;
	c.who.unit = c.who.exe = c.who.env = c.who.labels = rest;
	attribution__of(&c.who, &a);
	c.who.feature = a.feature;
	*error = 0;
	if (feature_rules__add(r, text, rest, error, sizeof(error)) && !*error)
		abort();
	if (feature_rules__name(r, &c, name) && (!*name || strlen(name) > FEATURE_MAX))
		abort();
	if (strlen(a.feature) > FEATURE_MAX)
		abort();
	feature_rules__free(r);
	free(text);
	return 0;
}

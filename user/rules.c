// SPDX-License-Identifier: Apache-2.0
#include "rules.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int rules__load(const struct config *config, char *ret_error, size_t size,
		struct feature_rules **ret)
{
	const struct config_entry *e = NULL;
	struct feature_rules *r;
	char what[256];
	int err = feature_rules__new(&r);

	if (err) {
		snprintf(ret_error, size, "%s", strerror(-err));
		return err;
	}
	while ((e = config__next(config, "feature", e))) {
		err = feature_rules__add(r, e->key, e->value, what, sizeof(what));
		if (err) {
			snprintf(ret_error, size, "%s:%u: %s", config__path(config), e->line, what);
			feature_rules__free(r);
			return err;
		}
	}
	*ret = r;
	return 0;
}

// SPDX-License-Identifier: Apache-2.0
#include "call/unseen.h"

#include <stdio.h>

#include "dialect/dialect.h"

bool unseen__note(struct unseen_table *t, const struct capture_unseen *u)
{
	const char *host = t->n < UNSEEN_MAX - 1 ? u->host : "";
	unsigned int i;

	if (!dialect__serves(span_str(u->host)))
		return false;
	for (i = 0; i < t->n; i++) {
		if (strcmp(t->v[i].host, u->host) == 0 || strcmp(t->v[i].host, host) == 0) {
			t->v[i].connections++;
			return false;
		}
	}
	snprintf(t->host[i], sizeof(t->host[i]), "%s", host);
	t->v[i] = (struct unseen){.protocol = "quic", .host = t->host[i], .connections = 1};
	t->n++;
	return true;
}

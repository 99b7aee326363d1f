// SPDX-License-Identifier: Apache-2.0
#include "call/unseen.h"

#include <stdio.h>
#include <string.h>

#include "dialect/dialect.h"

static const char *protocol_of(const char *name)
{
	return strcmp(name, "tls") == 0 ? "tls" : "quic";
}

/* The places left are for what has none of its own: the last two, one for each protocol. */
bool unseen__note(struct unseen_table *t, const struct capture_unseen *u)
{
	const char *protocol = protocol_of(u->protocol);
	bool full = t->n >= UNSEEN_MAX - 2;
	unsigned int i;

	if (!dialect__serves(span_str(u->host)))
		return false;
	for (i = 0; i < t->n; i++) {
		const struct unseen *v = &t->v[i];
		bool same = strcmp(v->host, u->host) == 0 &&
			    strcmp(v->library ? v->library : "", u->library) == 0;

		if (strcmp(v->protocol, protocol) == 0 && (same || (full && !*v->host))) {
			t->v[i].connections++;
			return false;
		}
	}
	snprintf(t->host[i], sizeof(t->host[i]), "%s", full ? "" : u->host);
	snprintf(t->library[i], sizeof(t->library[i]), "%s", full ? "" : u->library);
	t->v[i] = (struct unseen){.protocol = protocol,
				  .library = *t->library[i] ? t->library[i] : NULL,
				  .host = t->host[i],
				  .connections = 1};
	t->n++;
	return true;
}

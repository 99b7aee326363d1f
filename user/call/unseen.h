/* SPDX-License-Identifier: Apache-2.0 */
/* unseen.h: what is known to go to model providers on ways that cannot be seen into. */
#ifndef LLMSNOOP_UNSEEN_H
#define LLMSNOOP_UNSEEN_H

#include <stdbool.h>

#include "call/record.h"
#include "capture/capture.h"

#define UNSEEN_MAX 32 /* further hosts are counted under the name of "" */

struct unseen_table {
	struct unseen v[UNSEEN_MAX];
	char host[UNSEEN_MAX][256];
	char library[UNSEEN_MAX][64];
	unsigned int n;
};

/* Counts a connection if its host is a model provider's; t is zeroed to begin with. True: the first
 * to that host by that protocol and library. */
bool unseen__note(struct unseen_table *t, const struct capture_unseen *u);

#endif

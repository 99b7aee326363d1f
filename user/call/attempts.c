// SPDX-License-Identifier: Apache-2.0
#include "call/attempts.h"

#include <errno.h>
#include <stdlib.h>

#include "base/limits.h"

struct attempts {
	unsigned int max, next, n; /* n: that are remembered */
	uint64_t patience_ns;
	struct attempt v[]; /* a ring; request 0: free */
};

int attempts__new(const struct limits *lim, struct attempts **ret)
{
	struct attempts *a = calloc(1, sizeof(*a) + lim->attempts * sizeof(a->v[0]));

	if (!a)
		return -ENOMEM;
	a->max = lim->attempts;
	a->patience_ns = lim->run_silence_ns;
	*ret = a;
	return 0;
}

void attempts__free(struct attempts *a)
{
	free(a);
}

void attempts__add(struct attempts *a, const struct attempt *failed)
{
	struct attempt *at;

	if (!a->max || !failed->request)
		return;
	at = &a->v[a->next];
	a->next = (a->next + 1) % a->max;
	a->n += !at->request;
	*at = *failed;
}

bool attempts__take(struct attempts *a, uint64_t request, uint64_t now_ns, struct attempt *ret)
{
	unsigned int i, seen = 0;
	struct attempt *at;

	for (i = 1; i <= a->max && seen < a->n; i++) {
		at = &a->v[(a->next + a->max - i) % a->max];
		seen += at->request != 0;
		if (at->request != request || !request)
			continue;
		*ret = *at;
		at->request = 0;
		a->n--;
		return now_ns < ret->ts_ns || now_ns - ret->ts_ns <= a->patience_ns;
	}
	return false;
}

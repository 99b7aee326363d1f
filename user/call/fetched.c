// SPDX-License-Identifier: Apache-2.0
#include "call/fetched.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/limits.h"
#include "base/siphash.h"
#include "call/record.h"

struct fetched {
	uint8_t key[SIPHASH_KEY_BYTES];
	unsigned int n, max; /* n: of all that came */
	uint64_t known[];    /* a ring */
};

int fetched__new(const struct limits *lim, struct fetched **ret)
{
	struct fetched *f = calloc(1, sizeof(*f) + lim->fetched * sizeof(f->known[0]));

	if (!f)
		return -ENOMEM;
	f->max = lim->fetched;
	/* So that nobody can choose an id that hides another's. Without it, all works the same. */
	if (getrandom(f->key, sizeof(f->key), GRND_NONBLOCK) < 0)
		f->key[0] = 1;
	*ret = f;
	return 0;
}

void fetched__free(struct fetched *f)
{
	free(f);
}

static uint64_t hash_of(const struct fetched *f, const struct call *c)
{
	const char *id = c->response_id ? c->response_id : c->path;
	const char *whose = c->server_address ? c->server_address : c->provider;
	uint8_t inner[SIPHASH_KEY_BYTES] = {0};
	uint64_t host = siphash(f->key, span_str(whose));

	memcpy(inner, &host, sizeof(host));
	inner[sizeof(host)] = (uint8_t)c->role;
	return siphash(inner, span_str(id));
}

bool fetched__known(const struct fetched *f, const struct call *c)
{
	uint64_t hash = hash_of(f, c);
	unsigned int i, n = f->n < f->max ? f->n : f->max;

	for (i = 0; i < n; i++)
		if (f->known[i] == hash)
			return true;
	return false;
}

void fetched__add(struct fetched *f, const struct call *c)
{
	if (!f->max)
		return;
	/* Past twice the ring it counts on from one ring: full stays full. */
	if (f->n == 2 * f->max)
		f->n = f->max;
	f->known[f->n++ % f->max] = hash_of(f, c);
}

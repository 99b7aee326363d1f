// SPDX-License-Identifier: Apache-2.0
#include "call/run.h"

uint64_t run_keys__hash(const struct runs *t, const struct call_open *x, enum run_by by,
			const void *text, size_t n)
{
	const uint64_t whose[] = {x->c.who.pid, x->proc ? x->proc->p.start_ns : 0, x->c.role, by};
	struct siphash s;
	uint64_t hash;

	siphash__begin(&s, t->key);
	siphash__add(&s, span(whose, sizeof(whose)));
	siphash__add(&s, span(text, n));
	hash = siphash__value(&s);
	return hash ? hash : 1;
}

static struct run_key **bucket_of(struct runs *t, uint64_t hash)
{
	return &t->buckets[hash % RUN_KEY_BUCKETS];
}

void run_keys__add(struct runs *t, struct run_key *k, uint64_t hash, struct run *r,
		   struct run_tool *tool)
{
	struct run_key **at = bucket_of(t, hash);

	run_keys__del(t, k);
	*k = (struct run_key){.hash = hash, .run = r, .tool = tool, .next = *at};
	*at = k;
}

void run_keys__del(struct runs *t, struct run_key *k)
{
	struct run_key **at;

	if (!k->hash)
		return;
	for (at = bucket_of(t, k->hash); *at != k; at = &(*at)->next)
		;
	*at = k->next;
	k->hash = 0;
}

struct run_key *run_keys__find(const struct runs *t, uint64_t hash)
{
	struct run_key *k = t->buckets[hash % RUN_KEY_BUCKETS];

	while (k && k->hash != hash)
		k = k->next;
	return k;
}

struct run_key *run_keys__next(const struct run_key *k)
{
	const struct run_key *next = k->next;

	while (next && next->hash != k->hash)
		next = next->next;
	return (struct run_key *)next;
}

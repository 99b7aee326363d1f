// SPDX-License-Identifier: Apache-2.0
#include "call/run.h"

static struct siphash begin(const struct runs *t, const struct call_open *x, enum run_by by)
{
	const uint64_t whose[] = {x->c.who.pid, x->proc ? x->proc->p.start_ns : 0, x->c.role, by};
	struct siphash s;

	siphash__begin(&s, t->key);
	siphash__add(&s, span(whose, sizeof(whose)));
	return s;
}

static uint64_t end(const struct siphash *s)
{
	uint64_t hash = siphash__value(s);

	return hash ? hash : 1;
}

uint64_t run_keys__hash(const struct runs *t, const struct call_open *x, enum run_by by,
			const void *text, size_t n)
{
	struct siphash s = begin(t, x, by);

	siphash__add(&s, span(text, n));
	return end(&s);
}

uint64_t run_keys__hash_agent(const struct runs *t, const struct call_open *x, const char *agent)
{
	struct siphash s = begin(t, x, RUN_BY_AGENT);
	const char *conversation = x->c.conversation_id;

	siphash__add(&s, span(conversation, strlen(conversation) + 1));
	if (agent && strcmp(agent, conversation))
		siphash__add(&s, span_str(agent));
	return end(&s);
}

static struct run_key **bucket_of(struct runs *t, uint64_t hash)
{
	return &t->buckets[hash % RUN_KEY_BUCKETS];
}

void run_keys__add(struct runs *t, struct run_key *k, uint64_t hash, struct run *r,
		   struct run_tool *tool)
{
	struct run_key **at = bucket_of(t, hash);

	run_keys__del(k);
	*k = (struct run_key){.hash = hash, .run = r, .tool = tool, .next = *at, .at = at};
	if (k->next)
		k->next->at = &k->next;
	*at = k;
}

void run_keys__del(struct run_key *k)
{
	if (!k->hash)
		return;
	*k->at = k->next;
	if (k->next)
		k->next->at = k->at;
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

// SPDX-License-Identifier: Apache-2.0
#include "call/processes.h"

#include <errno.h>
#include <stdlib.h>

#include "enrich/service.h"
#include "base/limits.h"

#define BUCKETS 1024
#define STRING_MAX 4096
#define LINGER_NS 5000000000ULL

struct entry {
	struct process_facts facts; /* first: what others hold */
	unsigned int refs;	    /* the table's own included */
	struct entry *hash_next;
	struct entry *older, *newer; /* by last use */
	uint64_t exit_ns;	     /* 0: lives */
};

struct processes {
	struct entry *buckets[BUCKETS];
	struct entry *oldest, *newest;
	unsigned int n, n_ended, max;
};

int processes__new(const struct limits *lim, struct processes **ret)
{
	struct processes *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->max = lim->processes ? lim->processes : 1;
	*ret = t;
	return 0;
}

static struct entry **slot_of(struct processes *t, uint32_t pid)
{
	struct entry **at = &t->buckets[pid * 2654435761u >> 22];

	while (*at && (*at)->facts.p.pid != pid)
		at = &(*at)->hash_next;
	return at;
}

static void use_unlink(struct processes *t, struct entry *e)
{
	*(e->older ? &e->older->newer : &t->oldest) = e->newer;
	*(e->newer ? &e->newer->older : &t->newest) = e->older;
}

static void use_link(struct processes *t, struct entry *e)
{
	e->older = t->newest;
	e->newer = NULL;
	*(t->newest ? &t->newest->newer : &t->oldest) = e;
	t->newest = e;
}

void processes__put(const struct process_facts *f)
{
	struct entry *e = (struct entry *)f;

	if (e && --e->refs == 0)
		free(e);
}

static void forget(struct processes *t, struct entry **at)
{
	struct entry *e = *at;

	*at = e->hash_next;
	use_unlink(t, e);
	t->n--;
	t->n_ended -= e->exit_ns != 0;
	processes__put(&e->facts);
}

void processes__free(struct processes *t)
{
	if (!t)
		return;
	while (t->oldest)
		forget(t, slot_of(t, t->oldest->facts.p.pid));
	free(t);
}

static size_t kept(const char *s)
{
	return s ? strnlen(s, STRING_MAX) : 0;
}

/* One allocation holds the entry and its strings. */
static struct entry *copy(const struct process *p)
{
	const char **const from[] = {
		(const char **)&p->comm,	 (const char **)&p->exe,
		(const char **)&p->cmdline,	 (const char **)&p->cgroup,
		(const char **)&p->container_id, (const char **)&p->unit,
		(const char **)&p->env,
	};
	char service[SERVICE_NAME_MAX];
	size_t n = sizeof(struct entry), len, i;
	struct entry *e;
	char *at;

	service__name(p->exe ? p->exe : "", p->cmdline ? p->cmdline : "", p->comm ? p->comm : "",
		      service, sizeof(service));
	for (i = 0; i < sizeof(from) / sizeof(from[0]); i++)
		n += kept(*from[i]) + 1;
	e = malloc(n + strlen(service) + 1);
	if (!e)
		return NULL;
	*e = (struct entry){.facts.p = *p, .refs = 1};
	at = (char *)(e + 1);
	for (i = 0; i < sizeof(from) / sizeof(from[0]); i++) {
		/* The same member of the copy. */
		const char **to = (const char **)((char *)&e->facts.p +
						  ((const char *)from[i] - (const char *)p));

		len = kept(*from[i]);
		*to = at;
		if (len)
			memcpy(at, *from[i], len);
		at[len] = 0;
		at += len + 1;
	}
	strcpy(at, service);
	e->facts.service = *at ? at : NULL;
	return e;
}

int processes__see(struct processes *t, const struct process *p)
{
	struct entry **at = slot_of(t, p->pid), *e;

	if (*at)
		forget(t, at);
	e = copy(p);
	if (!e)
		return -ENOMEM;
	if (t->n >= t->max)
		forget(t, slot_of(t, t->oldest->facts.p.pid));
	at = slot_of(t, p->pid);
	e->hash_next = NULL;
	*at = e;
	use_link(t, e);
	t->n++;
	return 0;
}

const struct process_facts *processes__get(struct processes *t, uint32_t pid)
{
	struct entry *e = *slot_of(t, pid);

	if (!e)
		return NULL;
	use_unlink(t, e);
	use_link(t, e);
	e->refs++;
	return &e->facts;
}

void processes__exit(struct processes *t, uint32_t pid, uint64_t ts_ns)
{
	struct entry *e = *slot_of(t, pid);

	if (!e || e->exit_ns)
		return;
	e->exit_ns = ts_ns ? ts_ns : 1;
	t->n_ended++;
}

void processes__tick(struct processes *t, uint64_t now_ns)
{
	struct entry *e, *newer;

	if (!t->n_ended)
		return;
	for (e = t->oldest; e; e = newer) {
		newer = e->newer;
		if (e->exit_ns && now_ns > e->exit_ns && now_ns - e->exit_ns > LINGER_NS)
			forget(t, slot_of(t, e->facts.p.pid));
	}
}

unsigned int processes__count(const struct processes *t)
{
	return t->n - t->n_ended;
}

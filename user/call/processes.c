// SPDX-License-Identifier: Apache-2.0
#include "call/processes.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "enrich/attribution.h"

#define BUCKETS 1024
#define STRING_MAX (8 << 10)
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

/* Members of struct who that are those of struct process, and those that are made of them. */
#define SAME(member)                                                           \
	{                                                                      \
		offsetof(struct who, member), offsetof(struct process, member) \
	}
#define MADE(member, made)                                                       \
	{                                                                        \
		offsetof(struct who, member), offsetof(struct attribution, made) \
	}

struct pair {
	size_t to, from;
};

static const struct pair texts[] = {
	SAME(comm),
	SAME(exe),
	SAME(cmdline),
	SAME(cgroup),
	SAME(user),
	SAME(unit),
	SAME(slice),
	SAME(session),
	SAME(container_id),
	SAME(container_runtime),
	SAME(container_name),
	SAME(container_image),
	SAME(pod_uid),
	SAME(pod_namespace),
	SAME(pod_name),
	SAME(pod_container),
	SAME(env),
	SAME(labels),
};

static const struct pair made[] = {
	MADE(service, service),
	MADE(service_namespace, service_namespace),
	MADE(service_instance, service_instance),
	MADE(workload, workload),
	MADE(feature, feature),
	MADE(owners[OWNER_DEPLOYMENT], owners[OWNER_DEPLOYMENT]),
	MADE(owners[OWNER_REPLICASET], owners[OWNER_REPLICASET]),
	MADE(owners[OWNER_STATEFULSET], owners[OWNER_STATEFULSET]),
	MADE(owners[OWNER_DAEMONSET], owners[OWNER_DAEMONSET]),
	MADE(owners[OWNER_CRONJOB], owners[OWNER_CRONJOB]),
	MADE(owners[OWNER_JOB], owners[OWNER_JOB]),
};

#define N(table) (sizeof(table) / sizeof((table)[0]))

static const char **text_of(struct who *w, const struct pair *t)
{
	return (const char **)(void *)((char *)w + t->to);
}

/* What p and what is made of it say; strings are borrowed, NULL where they are unknown. */
static void describe(const struct process *p, struct attribution *room, struct who *ret)
{
	const char *text;
	size_t i;

	*ret = (struct who){.pid = p->pid, .uid = p->uid};
	for (i = 0; i < N(texts); i++) {
		text = *(const char *const *)(const void *)((const char *)p + texts[i].from);
		*text_of(ret, &texts[i]) = text && *text ? text : NULL;
	}
	attribution__of(ret, room);
	for (i = 0; i < N(made); i++) {
		text = (const char *)room + made[i].from;
		*text_of(ret, &made[i]) = *text ? text : NULL;
	}
}

static char *keep(char *at, const char **text)
{
	size_t n = kept(*text);

	if (!*text)
		return at;
	memcpy(at, *text, n);
	at[n] = 0;
	*text = at;
	return at + n + 1;
}

/* One allocation holds the entry and its strings. */
static struct entry *copy(const struct process *p)
{
	struct attribution room;
	struct entry *e;
	struct who w;
	size_t n = sizeof(struct entry), i;
	char *at;

	describe(p, &room, &w);
	for (i = 0; i < N(texts); i++)
		n += kept(*text_of(&w, &texts[i])) + 1;
	for (i = 0; i < N(made); i++)
		n += kept(*text_of(&w, &made[i])) + 1;
	e = malloc(n);
	if (!e)
		return NULL;
	*e = (struct entry){.facts = {.p = *p, .who = w}, .refs = 1};
	at = (char *)(e + 1);
	for (i = 0; i < N(texts); i++)
		at = keep(at, text_of(&e->facts.who, &texts[i]));
	for (i = 0; i < N(made); i++)
		at = keep(at, text_of(&e->facts.who, &made[i]));
	/* The process itself is asked for these strings, too. */
	for (i = 0; i < N(texts); i++) {
		const char *text = *text_of(&e->facts.who, &texts[i]);

		*(const char **)(void *)((char *)&e->facts.p + texts[i].from) = text ? text : "";
	}
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

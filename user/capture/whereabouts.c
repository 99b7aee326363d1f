// SPDX-License-Identifier: Apache-2.0
#include "capture/whereabouts.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/siphash.h"
#include "capture/users.h"

#define KEEP_NS 60000000000ULL	   /* labels may change */
#define KEEP_PART_NS 1000000000ULL /* the kubelet names a container once it runs */

struct known {
	char id[64 + CGROUP_POD_UID_MAX]; /* the container's and its pod's */
	uint64_t until_ns;		  /* 0: empty */
	struct container_facts facts;
};

struct whereabouts {
	struct host_root root;
	struct users users;
	char user[256];
	struct known known[WHEREABOUTS_MAX]; /* by hash of their ids; the later one wins */
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

int whereabouts__new(const char *root, struct whereabouts **ret)
{
	struct whereabouts *w = calloc(1, sizeof(*w));
	int err;

	if (!w)
		return -ENOMEM;
	err = host_root__open(root, &w->root);
	if (err) {
		free(w);
		return err;
	}
	*ret = w;
	return 0;
}

void whereabouts__free(struct whereabouts *w)
{
	size_t i;

	if (!w)
		return;
	for (i = 0; i < WHEREABOUTS_MAX; i++)
		container__free(&w->known[i].facts);
	users__free(&w->users);
	host_root__close(&w->root);
	free(w);
}

const struct container_facts *whereabouts__container(struct whereabouts *w,
						     const struct cgroup_facts *ids)
{
	static const uint8_t key[16];
	struct span id = *ids->pod_uid ? ids->pod_container_id : ids->container_id;
	uint64_t now = now_ns();
	char name[sizeof(w->known[0].id)] = {0};
	struct known *k;

	id = span_head(id, 64);
	memcpy(name, id.n ? id.p : (const uint8_t *)"", id.n);
	memcpy(name + 64, ids->pod_uid, strlen(ids->pod_uid));
	k = &w->known[siphash(key, span(name, sizeof(name))) % WHEREABOUTS_MAX];
	if (k->until_ns > now && !memcmp(k->id, name, sizeof(name)))
		return &k->facts;
	container__free(&k->facts);
	container__read(&w->root, ids, &k->facts);
	memcpy(k->id, name, sizeof(name));
	k->until_ns =
		now + (*ids->pod_uid && !*k->facts.text[CONTAINER_POD_CONTAINER] ? KEEP_PART_NS
										 : KEEP_NS);
	return &k->facts;
}

const char *whereabouts__user(struct whereabouts *w, uint32_t uid)
{
	users__name(&w->users, &w->root, uid, w->user, sizeof(w->user));
	return w->user;
}

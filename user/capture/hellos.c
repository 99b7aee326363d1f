// SPDX-License-Identifier: Apache-2.0
#include "capture/hellos.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/client_hello.h"
#include "capture/sockets.h"

#define NS_PER_S 1000000000ULL
/* How long plaintext is waited for: a handshake over a slow line, and the first request. */
#define WAIT_NS (3 * NS_PER_S)
#define WAITING 64 /* connections that wait */
/* A client that opens many connections is told of once in so long. */
#define TOLD 64
#define TOLD_NS (60 * NS_PER_S)
/* Looks through /proc in so much time: anybody may open connections under ever new names. */
#define LOOKS 64
#define LOOKS_NS (10 * NS_PER_S)
#define HOST_MAX 256

struct waiting {
	uint64_t ts_ns; /* 0: a free place */
	uint32_t pid;
	const char *library;
	char host[HOST_MAX];
};

struct told {
	uint64_t ts_ns;
	uint32_t pid;
	char host[HOST_MAX];
};

struct hellos {
	struct hellos_config config;
	struct waiting waiting[WAITING];
	unsigned int n_waiting;
	struct told told[TOLD];
	unsigned int next_told;
	uint64_t looks_ns; /* since when n_looks are counted */
	unsigned int n_looks;
	char host[HOST_MAX]; /* of what was given out */
};

int hellos__new(const struct hellos_config *config, struct hellos **ret)
{
	struct hellos *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	h->config = *config;
	*ret = h;
	return 0;
}

void hellos__free(struct hellos *h)
{
	free(h);
}

/* Its TLS is seen, as far as is known: it may be of several libraries. */
static bool is_clear(const struct hellos *h, uint32_t pid)
{
	const struct proc_state *p = procs__find(h->config.procs, pid);

	return p && p->tls && !p->unlocated && !p->is_signed;
}

static bool is_suspect(void *ctx, uint32_t pid)
{
	const struct hellos *h = ctx;

	return procs__traced(h->config.procs, h->config.all, pid) && !is_clear(h, pid);
}

static void name_library(void *ctx, const struct target *t)
{
	const char **name = ctx;

	for (unsigned int i = 0; i < t->n_stacks && !**name; i++)
		if (!located__sites(&t->stacks[i]))
			*name = tls_stack__title(t->stacks[i].stack);
	if (t->sign && !t->sign->later && !**name)
		*name = t->sign->title;
}

/* What does TLS there that cannot be seen; static storage. */
static const char *library_of(const struct hellos *h, uint32_t pid)
{
	const char *name = "";

	if (h->config.targets)
		targets__list(h->config.targets, pid, name_library, &name);
	return name;
}

static bool may_look(struct hellos *h, uint64_t ts_ns)
{
	if (ts_ns > h->looks_ns && ts_ns - h->looks_ns >= LOOKS_NS) {
		h->looks_ns = ts_ns;
		h->n_looks = 0;
	}
	return h->n_looks < LOOKS && ++h->n_looks;
}

static bool told_lately(struct hellos *h, uint64_t ts_ns, uint32_t pid, const char *host)
{
	struct told *t;

	for (unsigned int i = 0; i < TOLD; i++) {
		t = &h->told[i];
		if (t->ts_ns && t->pid == pid && ts_ns - t->ts_ns < TOLD_NS &&
		    !strcmp(t->host, host))
			return true;
	}
	t = &h->told[h->next_told++ % TOLD];
	t->ts_ns = ts_ns;
	t->pid = pid;
	memcpy(t->host, host, HOST_MAX);
	return false;
}

/* false: it is none that could be told of. */
static bool copy_name(struct span name, char ret[HOST_MAX])
{
	if (!name.n || name.n >= HOST_MAX || memchr(name.p, 0, name.n))
		return false;
	memset(ret, 0, HOST_MAX);
	memcpy(ret, name.p, name.n);
	return true;
}

void hellos__of(struct hellos *h, uint64_t ts_ns, struct span name, uint32_t pid)
{
	struct waiting *w = NULL;
	char host[HOST_MAX];

	for (unsigned int i = 0; i < WAITING && !w; i++)
		if (!h->waiting[i].ts_ns)
			w = &h->waiting[i];
	if (!w || !copy_name(name, host) || told_lately(h, ts_ns, pid, host))
		return;
	*w = (struct waiting){.ts_ns = ts_ns, .pid = pid};
	w->library = library_of(h, pid);
	memcpy(w->host, host, sizeof(w->host));
	h->n_waiting++;
}

uint32_t hellos__take(struct hellos *h, const struct event_hello *e)
{
	static const char *const tables[2] = {"tcp", "tcp6"};
	char host[HOST_MAX];
	struct span name;
	uint32_t pid;

	if (e->len > sizeof(e->bytes) ||
	    client_hello__of_record(span(e->bytes, e->len), &name) != HELLO_NAME ||
	    !copy_name(name, host) || !h->config.matters ||
	    !h->config.matters(h->config.matters_ctx, host) || !may_look(h, e->ts_ns))
		return 0;
	pid = sockets__owner(tables, e->port, is_suspect, h);
	if (pid)
		hellos__of(h, e->ts_ns, name, pid);
	return pid;
}

void hellos__seen(struct hellos *h, uint32_t pid)
{
	if (!h || !h->n_waiting)
		return;
	for (unsigned int i = 0; i < WAITING; i++) {
		if (!h->waiting[i].ts_ns || h->waiting[i].pid != pid)
			continue;
		h->waiting[i].ts_ns = 0;
		h->n_waiting--;
	}
}

bool hellos__due(struct hellos *h, uint64_t now_ns, uint32_t pid, struct capture_unseen *ret)
{
	for (unsigned int i = 0; h && h->n_waiting && i < WAITING; i++) {
		struct waiting *w = &h->waiting[i];

		if (!w->ts_ns || (pid && w->pid != pid) || now_ns < w->ts_ns ||
		    now_ns - w->ts_ns < WAIT_NS)
			continue;
		memcpy(h->host, w->host, sizeof(h->host));
		*ret = (struct capture_unseen){.ts_ns = w->ts_ns,
					       .protocol = "tls",
					       .library = w->library,
					       .host = h->host,
					       .pid = w->pid};
		w->ts_ns = 0;
		h->n_waiting--;
		if (!is_clear(h, ret->pid))
			return true;
	}
	return false;
}

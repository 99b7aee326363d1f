// SPDX-License-Identifier: Apache-2.0
#include "doctor/peers.h"

#include <errno.h>
#include <stdlib.h>

#include "base/map.h"
#include "capture/sockets.h"

#define HTTPS_PORT 443
#define SOCKETS_MAX 262144 /* remembered of all namespaces */
#define SPACES_MAX 4096

struct peer {
	uint64_t inode;
	bool tls; /* else a model server */
	struct map_node node;
};

struct space {
	uint64_t inode;
	struct map_node node;
};

struct peers {
	const char *proc;
	struct peer *peers;
	struct space *spaces;
};

int peers__new(const char *proc, struct peers **ret)
{
	struct peers *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->proc = proc;
	*ret = p;
	return 0;
}

void peers__free(struct peers *p)
{
	struct space *s, *next_s;
	struct peer *e, *next;

	if (!p)
		return;
	map__for_each(node, p->peers, e, next)
	{
		map__del(node, p->peers, e);
		free(e);
	}
	map__for_each(node, p->spaces, s, next_s)
	{
		map__del(node, p->spaces, s);
		free(s);
	}
	free(p);
}

/* Ollama, vLLM, LM Studio, llama.cpp. */
static bool is_model_port(uint16_t port)
{
	return port == 11434 || port == 8000 || port == 1234 || port == 8080;
}

static bool take_socket(void *ctx, const struct socket *s)
{
	struct peers *p = ctx;
	bool tls = s->remote_port == HTTPS_PORT;
	struct peer *e;
	int err;

	if (!s->connected || !s->inode ||
	    !(tls || (s->remote_loopback && is_model_port(s->remote_port))))
		return false;
	if (map__count(node, p->peers) >= SOCKETS_MAX)
		return true;
	map__find(node, p->peers, s->inode, e);
	e = e ? NULL : calloc(1, sizeof(*e));
	if (!e)
		return false;
	e->inode = s->inode;
	e->tls = tls;
	map__add(node, p->peers, inode, e, err);
	if (err)
		free(e);
	return err != 0;
}

/* Reads the tables of a namespace that was not met before. */
static void read_space(struct peers *p, uint32_t pid)
{
	uint64_t inode = sockets__namespace(p->proc, pid);
	struct space *s;
	int err;

	map__find(node, p->spaces, inode, s);
	if (!inode || s || map__count(node, p->spaces) >= SPACES_MAX)
		return;
	s = calloc(1, sizeof(*s));
	if (!s)
		return;
	s->inode = inode;
	map__add(node, p->spaces, inode, s, err);
	if (err) {
		free(s);
		return;
	}
	sockets__each(p->proc, pid, "tcp", take_socket, p);
	sockets__each(p->proc, pid, "tcp6", take_socket, p);
}

struct counting {
	const struct peers *peers;
	unsigned int tls, models;
};

static bool count(void *ctx, uint64_t inode)
{
	struct counting *c = ctx;
	const struct peer *e;

	map__find(node, c->peers->peers, inode, e);
	if (e)
		*(e->tls ? &c->tls : &c->models) += 1;
	return false;
}

void peers__count(struct peers *p, uint32_t pid, unsigned int *ret_tls, unsigned int *ret_models)
{
	struct counting c = {.peers = p};

	read_space(p, pid);
	if (p->peers)
		sockets__of(p->proc, pid, count, &c);
	*ret_tls = c.tls;
	*ret_models = c.models;
}

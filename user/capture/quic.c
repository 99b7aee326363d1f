// SPDX-License-Identifier: Apache-2.0
#include "capture/quic.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "capture/proc.h"
#include "capture/quic_initial.h"

/* Connections whose name is still to come; the oldest is forgotten. */
#define HELLOS 32
/* Names told lately: a client that opens many connections costs one look through /proc for each. */
#define TOLD 64
#define TOLD_NS (60 * 1000000000ULL)
#define INODES_MAX 64
/* Looks through /proc in so much time: anybody may send packets with ever new names. */
#define LOOKS 64
#define LOOKS_NS (10 * 1000000000ULL)

struct told {
	uint64_t ts_ns;
	char host[256];
};

struct quic {
	bool (*wanted)(void *ctx, uint32_t pid);
	void *ctx;
	struct quic_hello hello[HELLOS];
	unsigned int next_hello;
	struct told told[TOLD];
	unsigned int next_told;
	uint64_t looks_ns; /* since when n_looks are counted */
	unsigned int n_looks;
	char host[256];
};

int quic__new(bool (*wanted)(void *ctx, uint32_t pid), void *ctx, struct quic **ret)
{
	struct quic *q = calloc(1, sizeof(*q));

	if (!q)
		return -ENOMEM;
	q->wanted = wanted;
	q->ctx = ctx;
	*ret = q;
	return 0;
}

void quic__free(struct quic *q)
{
	free(q);
}

/* --- whose ---------------------------------------------------------------------------------- */

struct inodes {
	uint64_t v[INODES_MAX];
	unsigned int n;
};

/* Lines of /proc/net/udp: "sl local:port remote:port st tx:rx tr:tm retrnsmt uid timeout inode …",
 * addresses in hex (Documentation/networking/proc_net_tcp.rst). */
static void read_sockets(uint32_t pid, const char *table, uint16_t port, struct inodes *ret)
{
	char path[64], line[512];
	unsigned int local;
	uint64_t inode;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/net/%s", pid, table);
	f = fopen(path, "re");
	if (!f)
		return;
	while (fgets(line, sizeof(line), f) && ret->n < INODES_MAX)
		if (sscanf(line, " %*u: %*[0-9A-Fa-f]:%4x %*s %*s %*s %*s %*s %*s %*s %" SCNu64,
			   &local, &inode) == 2 &&
		    local == port)
			ret->v[ret->n++] = inode;
	fclose(f);
}

static bool has_socket(uint32_t pid, const struct inodes *inodes)
{
	char path[64], link[64], want[64];
	const struct dirent *d;
	bool found = false;
	unsigned int i;
	ssize_t n;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/fd", pid);
	dir = opendir(path);
	while (dir && !found && (d = readdir(dir))) {
		n = readlinkat(dirfd(dir), d->d_name, link, sizeof(link) - 1);
		if (n <= 0)
			continue;
		link[n] = 0;
		for (i = 0; i < inodes->n && !found; i++) {
			snprintf(want, sizeof(want), "socket:[%" PRIu64 "]", inodes->v[i]);
			found = strcmp(link, want) == 0;
		}
	}
	if (dir)
		closedir(dir);
	return found;
}

/* Network namespaces share nothing: the same port may be another's there. */
static uint64_t net_namespace(uint32_t pid)
{
	char path[64], link[64] = "";
	uint64_t inode = 0;

	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/ns/net", pid);
	if (readlink(path, link, sizeof(link) - 1) > 0)
		sscanf(link, "net:[%" SCNu64 "]", &inode);
	return inode;
}

uint32_t quic__owner(const struct quic *q, uint16_t port)
{
	struct inodes inodes = {0};
	uint32_t *pids = NULL, owner = 0;
	uint64_t last = 0, ns;
	int i, n = proc__pids("/proc", &pids);

	for (i = 0; i < n && !owner; i++) {
		ns = q->wanted(q->ctx, pids[i]) ? net_namespace(pids[i]) : 0;
		if (!ns)
			continue;
		if (ns != last) {
			inodes.n = 0;
			read_sockets(pids[i], "udp", port, &inodes);
			read_sockets(pids[i], "udp6", port, &inodes);
			last = ns;
		}
		if (inodes.n && has_socket(pids[i], &inodes))
			owner = pids[i];
	}
	free(pids);
	return owner;
}

/* --- which ---------------------------------------------------------------------------------- */

static struct quic_hello *hello_of(struct quic *q, struct span cid)
{
	struct quic_hello *h;
	unsigned int i;

	for (i = 0; i < HELLOS; i++)
		if (q->hello[i].n_cid && span_eq(span(q->hello[i].cid, q->hello[i].n_cid), cid))
			return &q->hello[i];
	h = &q->hello[q->next_hello++ % HELLOS];
	*h = (struct quic_hello){0};
	return h;
}

static bool told_lately(struct quic *q, uint64_t ts_ns)
{
	struct told *t;
	unsigned int i;

	for (i = 0; i < TOLD; i++)
		if (q->told[i].ts_ns && ts_ns - q->told[i].ts_ns < TOLD_NS &&
		    strcmp(q->told[i].host, q->host) == 0)
			return true;
	t = &q->told[q->next_told++ % TOLD];
	t->ts_ns = ts_ns;
	memcpy(t->host, q->host, sizeof(t->host));
	return false;
}

static bool may_look(struct quic *q, uint64_t ts_ns)
{
	if (ts_ns > q->looks_ns && ts_ns - q->looks_ns >= LOOKS_NS) {
		q->looks_ns = ts_ns;
		q->n_looks = 0;
	}
	return q->n_looks < LOOKS && ++q->n_looks;
}

bool quic__take(struct quic *q, const struct event_quic *e, struct capture_unseen *ret)
{
	struct span datagram = span(e->bytes, e->len), name;
	struct span cid = quic_initial__cid(datagram);
	struct quic_hello *h;
	enum quic_is is;

	if (!cid.n || e->len > EVENT_QUIC_MAX)
		return false;
	h = hello_of(q, cid);
	is = quic_hello__take(h, datagram, &name);
	if (is == QUIC_MORE)
		return false;
	if (is == QUIC_NAME && name.n < sizeof(q->host)) {
		memcpy(q->host, name.p, name.n);
		q->host[name.n] = 0;
	}
	*h = (struct quic_hello){0};
	if (is != QUIC_NAME || strlen(q->host) != name.n || told_lately(q, e->ts_ns))
		return false;
	*ret = (struct capture_unseen){
		.ts_ns = e->ts_ns,
		.protocol = "quic",
		.host = q->host,
		.pid = may_look(q, e->ts_ns) ? quic__owner(q, e->port) : 0,
	};
	return ret->pid || q->wanted(q->ctx, 0);
}

// SPDX-License-Identifier: Apache-2.0
#include "capture/sockets.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/proc.h"

#define DESCRIPTORS_MAX 65536 /* of one process that are looked at */
#define INODES_MAX 64	      /* sockets with one port that are told apart */

#define TCP_ESTABLISHED 1 /* include/net/tcp_states.h */
#define TCP_SYN_SENT 2

/* Addresses are words of four bytes in host order, in hexadecimal: 127.0.0.1 is 0100007F, ::1 ends
 * with 01000000, and IPv4 inside IPv6 follows 0000000000000000FFFF0000. */
static bool is_loopback(const char *hex)
{
	size_t n = strlen(hex);

	if (n == 8)
		return !strcmp(hex + 6, "7F");
	if (n != 32)
		return false;
	return !strcmp(hex, "00000000000000000000000001000000") ||
	       (!strncmp(hex, "0000000000000000FFFF0000", 24) && !strcmp(hex + 30, "7F"));
}

/* "sl local:port remote:port st tx:rx tr:tm retrnsmt uid timeout inode …"
 * (Documentation/networking/proc_net_tcp.rst). */
void sockets__each(const char *proc, uint32_t pid, const char *table,
		   bool (*fn)(void *ctx, const struct socket *s), void *ctx)
{
	char path[256], line[512], remote[33];
	unsigned int local_port, remote_port, state;
	struct socket s;
	bool end = false;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%" PRIu32 "/net/%s", proc, pid, table);
	f = fopen(path, "re");
	if (!f)
		return;
	while (!end && fgets(line, sizeof(line), f)) {
		if (sscanf(line,
			   " %*u: %*[0-9A-Fa-f]:%4x %32[0-9A-Fa-f]:%4x %2x %*s %*s %*s %*s %*s "
			   "%" SCNu64,
			   &local_port, remote, &remote_port, &state, &s.inode) != 5)
			continue;
		s.local_port = (uint16_t)local_port;
		s.remote_port = (uint16_t)remote_port;
		s.connected = state == TCP_ESTABLISHED || state == TCP_SYN_SENT;
		s.remote_loopback = is_loopback(remote);
		end = fn(ctx, &s);
	}
	fclose(f);
}

bool sockets__of(const char *proc, uint32_t pid, bool (*fn)(void *ctx, uint64_t inode), void *ctx)
{
	char path[256], link[64];
	const struct dirent *d;
	unsigned int looked = 0;
	uint64_t inode;
	bool end = false;
	ssize_t n;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%" PRIu32 "/fd", proc, pid);
	dir = opendir(path);
	while (dir && !end && looked++ < DESCRIPTORS_MAX && (d = readdir(dir))) {
		n = readlinkat(dirfd(dir), d->d_name, link, sizeof(link) - 1);
		if (n <= 0)
			continue;
		link[n] = '\0';
		if (sscanf(link, "socket:[%" SCNu64 "]", &inode) == 1)
			end = fn(ctx, inode);
	}
	if (dir)
		closedir(dir);
	return end;
}

uint64_t sockets__namespace(const char *proc, uint32_t pid)
{
	char path[256], link[64] = "";
	uint64_t inode = 0;

	snprintf(path, sizeof(path), "%s/%" PRIu32 "/ns/net", proc, pid);
	if (readlink(path, link, sizeof(link) - 1) > 0)
		sscanf(link, "net:[%" SCNu64 "]", &inode);
	return inode;
}

/* --- owners --- */

struct inodes {
	uint16_t port;
	uint64_t v[INODES_MAX];
	unsigned int n;
};

static bool take_port(void *ctx, const struct socket *s)
{
	struct inodes *i = ctx;

	if (s->local_port == i->port && s->inode)
		i->v[i->n++] = s->inode;
	return i->n == INODES_MAX;
}

static bool is_among(void *ctx, uint64_t inode)
{
	const struct inodes *i = ctx;

	for (unsigned int k = 0; k < i->n; k++)
		if (i->v[k] == inode)
			return true;
	return false;
}

uint32_t sockets__owner(const char *const tables[2], uint16_t port,
			bool (*wanted)(void *ctx, uint32_t pid), void *ctx)
{
	struct inodes inodes = {.port = port};
	uint32_t *pids = NULL, owner = 0;
	uint64_t last = 0, ns;
	int i, n = proc__pids("/proc", &pids);

	for (i = 0; i < n && !owner; i++) {
		ns = wanted(ctx, pids[i]) ? sockets__namespace("/proc", pids[i]) : 0;
		if (!ns)
			continue;
		if (ns != last) {
			inodes.n = 0;
			for (int k = 0; k < 2; k++)
				if (inodes.n < INODES_MAX)
					sockets__each("/proc", pids[i], tables[k], take_port,
						      &inodes);
			last = ns;
		}
		if (inodes.n && sockets__of("/proc", pids[i], is_among, &inodes))
			owner = pids[i];
	}
	free(pids);
	return owner;
}

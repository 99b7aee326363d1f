/* SPDX-License-Identifier: Apache-2.0 */
/* sockets.h: whose a socket is, from /proc. Tables are those of a process's own network namespace,
 * since namespaces share nothing: the same port may be another's there. */
#ifndef LLMSNOOP_SOCKETS_H
#define LLMSNOOP_SOCKETS_H

#include <stdbool.h>
#include <stdint.h>

struct socket {
	uint64_t inode; /* names it within the host; 0: it has none any more */
	uint16_t local_port, remote_port;
	bool connected;	      /* TCP: established or about to be */
	bool remote_loopback; /* the other end is on this host */
};

/* Calls fn for each line of PROC/PID/net/TABLE ("tcp", "udp6", …) until it returns true. */
void sockets__each(const char *proc, uint32_t pid, const char *table,
		   bool (*fn)(void *ctx, const struct socket *s), void *ctx);

/* Calls fn for each open descriptor of pid that is a socket, until it returns true; then true. A
 * bounded number of descriptors is looked at. */
bool sockets__of(const char *proc, uint32_t pid, bool (*fn)(void *ctx, uint64_t inode), void *ctx);

/* The inode of the process's network namespace; 0: not known. */
uint64_t sockets__namespace(const char *proc, uint32_t pid);

/* The process that has a socket with that local port in one of two tables ("udp", "udp6"), among
 * those that wanted() accepts; 0: none is found. */
uint32_t sockets__owner(const char *const tables[2], uint16_t port,
			bool (*wanted)(void *ctx, uint32_t pid), void *ctx);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* capture.h: the stream of facts that capturing yields and understanding consumes. The live ring,
 * a .cap file and the tests call the same functions, so all behind this seam runs without root. */
#ifndef LLMSNOOP_CAPTURE_H
#define LLMSNOOP_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "event.h"

enum tls_stack {
	TLS_UNKNOWN,
	TLS_OPENSSL,
	TLS_BORINGSSL,
	TLS_RUSTLS,
	TLS_GO,
	TLS_GNUTLS,
	TLS_NSS,
	TLS_NONE, /* plain HTTP, from the calls on its sockets */
	TLS_STACK_MAX,
};

/* "openssl", …, "none" for plain HTTP; "unknown" for anything else. */
const char *tls_stack__name(enum tls_stack stack);
/* As its makers write it: "OpenSSL", …; "plain HTTP", "unknown". */
const char *tls_stack__title(enum tls_stack stack);

/* Facts of one process, read when it is first seen. Strings are never NULL ("" is unknown); they
 * are chosen by the traced side and may hold any byte but NUL. */
struct process {
	uint32_t pid; /* the thread group */
	uint32_t ppid;
	uint32_t uid;		  /* UINT32_MAX: unknown */
	uint64_t start_ns;	  /* since boot; with pid it names a process for good. 0: unknown */
	uint64_t seen_ns;	  /* CLOCK_MONOTONIC: when these facts began to hold */
	const char *comm;	  /* the thread group leader's */
	const char *exe;	  /* path, without " (deleted)" */
	const char *cmdline;	  /* arguments joined by single spaces, at most 4 KiB */
	const char *cgroup;	  /* path below the hierarchy that tells most */
	const char *container_id; /* 64 hex digits */
	const char *unit;	  /* systemd unit */
	const char *env;	  /* "KEY=value\n" of the few variables attribution reads */
	const char *user;	  /* name of uid, where that is a user of the host */
	const char *slice, *session; /* systemd's */
	const char *container_runtime, *container_name, *container_image;
	const char *pod_uid, *pod_namespace, *pod_name, *pod_container;
	const char *labels; /* "container.label.KEY=value\n", "k8s.pod.label.KEY=value\n",
			       "k8s.pod.annotation.KEY=value\n" */
	bool again;	    /* the program of which was told before; more is known of it */
};

/* Where the strings of struct process are, in the order in which files have them. */
#define N_PROCESS_TEXTS 18
extern const size_t process_texts[N_PROCESS_TEXTS];
#define PROCESS_TEXTS_OLD 7 /* in all files; the others came with minor 4 */

static inline const char **process__text(struct process *p, size_t i)
{
	return (const char **)(void *)((char *)p + process_texts[i]);
}

/* A piece of one direction of one connection, in order within (conn, dir) but for losses. */
struct capture_data {
	uint64_t conn; /* unique in one capture stream */
	uint32_t pid, tid;
	uint64_t ssl;
	uint64_t entry_ns, return_ns;  /* CLOCK_MONOTONIC, of the SSL call */
	uint64_t offset, other_offset; /* see event.h */
	uint32_t ahead;	   /* bytes of the other direction behind other_offset that went before
			      these, too, but are told later */
	uint64_t line;	   /* hash of the request line that an SSL call begins with; 0: unknown */
	uint64_t gap;	   /* bytes missing at offset; then bytes is empty */
	struct span bytes; /* borrowed until the callback returns */
	enum event_dir dir;
	uint16_t flags; /* enum event_flag */
	enum tls_stack stack;
};

struct capture_close {
	uint64_t conn;
	uint32_t pid;
	uint64_t ts_ns;
	uint64_t offset[2]; /* final offsets, by enum event_dir */
	uint32_t read_fails;
	uint16_t flags; /* enum event_close_flag */
};

/* One end of a socket. */
struct capture_end {
	uint8_t address[16]; /* network byte order; the first 4 bytes where family is 4 */
	uint16_t port;
	uint8_t family; /* 4 or 6; 0: not known */
};

/* Which socket carries a connection: told only where it is sure, at most once. */
struct capture_peer {
	uint64_t conn;
	uint32_t pid;
	uint64_t ts_ns;
	struct capture_end local, peer;
};

struct capture_exit {
	uint32_t pid;
	uint64_t ts_ns;
	uint32_t status; /* as wait(2) gives it */
};

/* A connection whose bytes cannot be seen, and why it matters. */
struct capture_unseen {
	uint64_t ts_ns;
	const char *protocol; /* "quic", "tls" */
	const char *library;  /* what does TLS there, for people: "JSSE (Java)"; "": not known */
	const char *host;     /* as the client named it; any byte but NUL */
	uint32_t pid;	      /* 0: not known */
};

/* Cumulative since the capture began. */
struct capture_counts {
	uint64_t v[COUNT_MAX]; /* enum counter */
};

/* A capture yields, in this order: clock before anything else; process before the first data of
 * its pid and again after each exec; data, peer, close and exit in the order of their happening, a
 * peer never before its connection's first data. All
 * pointers are borrowed until the callback returns. Callbacks may be NULL. */
struct capture_ops {
	/* CLOCK_REALTIME is CLOCK_MONOTONIC + offset_ns from here on (said again at each step). */
	void (*clock)(void *ctx, uint64_t mono_ns, int64_t offset_ns);
	void (*process)(void *ctx, const struct process *p);
	void (*data)(void *ctx, const struct capture_data *d);
	void (*peer)(void *ctx, const struct capture_peer *p);
	void (*close)(void *ctx, const struct capture_close *c);
	void (*exit)(void *ctx, const struct capture_exit *e);
	void (*unseen)(void *ctx, const struct capture_unseen *u);
	void (*counts)(void *ctx, const struct capture_counts *c);
	/* Time passes, about once a second and before the end. */
	void (*tick)(void *ctx, uint64_t mono_ns);
};

/* Request bytes of conn before offset judged begin no call that is wanted: bodies may be dropped
 * until another request begins. */
struct capture_quiet {
	uint64_t conn;
	enum event_dir request_dir;
	uint64_t judged;
	uint64_t line; /* of a request judged so: its like on this connection is not wanted either.
			  0: none */
	/* Requests begin with a frame of HTTP/2: the next one frame_left bytes after judged. */
	bool framed;
	uint64_t frame_left;
	/* Nothing ever was wanted of so many: answers stay quiet until they are asked for. */
	bool settled;
};

/* The one thing that flows back: which connections are not wanted. Absent in replay. */
struct capture_control {
	void (*quiet)(void *ctx, const struct capture_quiet *q);
	/* All that comes on conn from now on is wanted. */
	void (*loud)(void *ctx, uint64_t conn);
	/* Nothing on conn will ever be wanted. */
	void (*ignore)(void *ctx, uint64_t conn);
	void *ctx;
};

#endif

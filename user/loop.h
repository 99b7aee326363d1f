/* SPDX-License-Identifier: Apache-2.0 */
/* loop.h: one thread, one epoll: the capture's descriptor, signals and a deadline. */
#ifndef LLMSNOOP_LOOP_H
#define LLMSNOOP_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct loop {
	int epoll, signals, deadline;
};

enum loop_event {
	LOOP_CAPTURE,  /* the watched descriptor is readable */
	LOOP_STOP,     /* SIGINT, SIGTERM */
	LOOP_REOPEN,   /* SIGUSR1 */
	LOOP_RELOAD,   /* SIGHUP */
	LOOP_CHILD,    /* SIGCHLD */
	LOOP_DEADLINE, /* the duration is over */
};

/* Blocks the signals above (they are read from now on) and ignores SIGPIPE. duration_ns 0: no
 * deadline. Negative errno. */
int loop__open(struct loop *l, uint64_t duration_ns);
int loop__watch(struct loop *l, int fd);
/* Waits. ret_signal: the signal, where it was one. Negative errno. */
int loop__wait(struct loop *l, enum loop_event *ret, int *ret_signal);
void loop__close(struct loop *l);

#endif

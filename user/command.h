/* SPDX-License-Identifier: Apache-2.0 */
/* command.h: the program after `--`: started stopped, so that probes are live before its first
 * instruction, as the user who called sudo. */
#ifndef LLMSNOOP_COMMAND_H
#define LLMSNOOP_COMMAND_H

#include <sys/types.h>

struct command {
	pid_t pid; /* 0: none */
	int go;	   /* pipe whose closing keeps it from running, a byte lets it go; -1: gone */
};

/* Forks a child that waits. argv ends with NULL and is borrowed until command__go. Negative
 * errno. */
int command__start(char *const *argv, struct command *ret);
/* Lets it run. */
int command__go(struct command *c);
/* Ends one that never ran; otherwise nothing. */
void command__cancel(struct command *c);
/* What a shell would report for a status of wait(2): the exit code, or 128 + signal. 126 and 127
 * come from the child itself. */
int command__exit_code(int status);

#endif

// SPDX-License-Identifier: Apache-2.0
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/caller.h"

/* As a shell: found but not runnable, and not found. */
#define EXIT_CANNOT_RUN 126
#define EXIT_NOT_FOUND 127

/* Back to the user behind sudo, with that user's groups and home. Nothing to do without sudo. */
static int become_caller(void)
{
	struct passwd *pw;
	uid_t uid;
	gid_t gid;

	if (!caller__get(&uid, &gid))
		return 0;
	pw = getpwuid(uid);
	if (pw ? initgroups(pw->pw_name, gid) : setgroups(0, NULL))
		return -errno;
	if (setgid(gid) || setuid(uid))
		return -errno;
	if (pw) {
		setenv("HOME", pw->pw_dir, 1);
		setenv("USER", pw->pw_name, 1);
		setenv("LOGNAME", pw->pw_name, 1);
	}
	return 0;
}

static void __attribute__((noreturn)) child(int go, char *const *argv)
{
	sigset_t none;
	char c;

	/* End of file instead of a byte: the parent gave up. */
	if (read(go, &c, 1) != 1)
		_exit(EXIT_CANNOT_RUN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (become_caller()) {
		fprintf(stderr, "llmsnoop: cannot become the calling user: %s\n", strerror(errno));
		_exit(EXIT_CANNOT_RUN);
	}
	execvp(argv[0], argv);
	fprintf(stderr, "llmsnoop: %s: %s\n", argv[0], strerror(errno));
	_exit(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN);
}

int command__start(char *const *argv, struct command *ret)
{
	int go[2], err;
	pid_t pid;

	*ret = (struct command){.go = -1};
	if (pipe2(go, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (pid < 0) {
		err = -errno;
		close(go[0]);
		close(go[1]);
		return err;
	}
	if (pid == 0) {
		close(go[1]);
		child(go[0], argv);
	}
	close(go[0]);
	*ret = (struct command){.pid = pid, .go = go[1]};
	return 0;
}

int command__go(struct command *c)
{
	ssize_t n = write(c->go, "g", 1);
	int err = n == 1 ? 0 : -errno;

	close(c->go);
	c->go = -1;
	return err;
}

void command__cancel(struct command *c)
{
	if (!c->pid || c->go < 0)
		return;
	close(c->go);
	c->go = -1;
	waitpid(c->pid, NULL, 0);
	c->pid = 0;
}

int command__exit_code(int status)
{
	if (WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

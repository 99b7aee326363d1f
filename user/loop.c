// SPDX-License-Identifier: Apache-2.0
#include "loop.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define NS_PER_S 1000000000ULL

static const struct {
	int signal;
	enum loop_event event;
} handled[] = {
	{SIGINT, LOOP_STOP},   {SIGTERM, LOOP_STOP},  {SIGUSR1, LOOP_REOPEN},
	{SIGHUP, LOOP_RELOAD}, {SIGCHLD, LOOP_CHILD},
};

#define N_HANDLED (sizeof(handled) / sizeof(handled[0]))

static int add(struct loop *l, int fd, enum loop_event event)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.u32 = event};

	return epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &ev) ? -errno : 0;
}

int loop__open(struct loop *l, uint64_t duration_ns)
{
	struct itimerspec t = {
		.it_value = {.tv_sec = duration_ns / NS_PER_S, .tv_nsec = duration_ns % NS_PER_S}};
	sigset_t set;
	int err;

	*l = (struct loop){-1, -1, -1};
	sigemptyset(&set);
	for (size_t i = 0; i < N_HANDLED; i++)
		sigaddset(&set, handled[i].signal);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	l->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	l->deadline = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (l->epoll < 0 || l->signals < 0 || l->deadline < 0)
		return -errno;
	err = add(l, l->signals, LOOP_STOP);
	if (!err)
		err = add(l, l->deadline, LOOP_DEADLINE);
	if (!err && duration_ns && timerfd_settime(l->deadline, 0, &t, NULL))
		err = -errno;
	return err;
}

int loop__watch(struct loop *l, int fd)
{
	return add(l, fd, LOOP_CAPTURE);
}

int loop__wait(struct loop *l, enum loop_event *ret, int *ret_signal)
{
	struct signalfd_siginfo info;
	struct epoll_event ev;
	int n;

	*ret_signal = 0;
	do {
		n = epoll_wait(l->epoll, &ev, 1, -1);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	*ret = ev.data.u32;
	if (*ret != LOOP_STOP)
		return 0;
	if (read(l->signals, &info, sizeof(info)) != sizeof(info))
		return -errno;
	for (size_t i = 0; i < N_HANDLED; i++)
		if ((uint32_t)handled[i].signal == info.ssi_signo)
			*ret = handled[i].event;
	*ret_signal = info.ssi_signo;
	return 0;
}

void loop__close(struct loop *l)
{
	int fds[] = {l->epoll, l->signals, l->deadline};

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

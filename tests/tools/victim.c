// SPDX-License-Identifier: Apache-2.0
/* victim: programs that a careless tracer harms, or that blind it.
 *   victim KIND PORT CA [N]
 *     threads   N threads, each with a connection and a call of its own, all at once
 *     failread  N threads, each in a failing SSL_read at the same time; then one good call
 *     fork      a call, then parent and child each make one, the child on a connection of its own
 *     exec      a call, then becomes another program image that makes one
 *     seccomp   a call under a filter that kills for all but the few system calls it needs
 *     seccomp-all  the same, the connection made under the filter, too
 * Prints `calls=N` at its end and exits 0 where every call got a 200. */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tls_call.h"

static const struct tls_sizes sizes = {.read = 4096};

struct victim {
	SSL_CTX *ctx;
	const char *ca, *self;
	int port, n;
	pthread_barrier_t barrier;
	pthread_mutex_t lock;
	pthread_cond_t over;
	int good;
	bool done;
};

/* True where a call on a fresh connection succeeds. */
static bool one_call(struct victim *v, const char *demo)
{
	SSL *ssl = tls_connect(v->ctx, v->port);
	bool good = tls_chat(ssl, demo, 50, true, &sizes) == 200;

	tls_close(ssl);
	return good;
}

static void *call_thread(void *arg)
{
	struct victim *v = arg;
	SSL *ssl = tls_connect(v->ctx, v->port);

	pthread_barrier_wait(&v->barrier);
	if (tls_chat(ssl, "tokens=5&ttft=0.2&tag=thread", 50, true, &sizes) == 200)
		__atomic_add_fetch(&v->good, 1, __ATOMIC_RELAXED);
	tls_close(ssl);
	return NULL;
}

static void *fail_thread(void *arg)
{
	struct victim *v = arg;
	SSL *ssl = SSL_new(v->ctx);
	char buf[16];

	/* No BIO, no handshake: fails at once. */
	if (!ssl || SSL_read(ssl, buf, sizeof(buf)) > 0)
		abort();
	pthread_barrier_wait(&v->barrier);
	pthread_mutex_lock(&v->lock);
	while (!v->done)
		pthread_cond_wait(&v->over, &v->lock);
	pthread_mutex_unlock(&v->lock);
	SSL_free(ssl);
	return NULL;
}

static void start_threads(struct victim *v, pthread_t *t, void *(*run)(void *))
{
	pthread_attr_t attr;
	int i, r;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 256 << 10);
	pthread_barrier_init(&v->barrier, NULL, (unsigned int)v->n + (run == fail_thread));
	for (i = 0; i < v->n; i++) {
		r = pthread_create(&t[i], &attr, run, v);
		if (r)
			errx(1, "thread %d: %s", i, strerror(r));
	}
}

static int threads(struct victim *v)
{
	pthread_t *t = calloc((size_t)v->n, sizeof(*t));
	int i;

	start_threads(v, t, call_thread);
	for (i = 0; i < v->n; i++)
		pthread_join(t[i], NULL);
	free(t);
	return v->good;
}

static int failread(struct victim *v)
{
	pthread_t *t = calloc((size_t)v->n, sizeof(*t));
	int i, good;

	start_threads(v, t, fail_thread);
	pthread_barrier_wait(&v->barrier);
	good = one_call(v, "tokens=5&burst=1&tag=after-failures");
	pthread_mutex_lock(&v->lock);
	v->done = true;
	pthread_cond_broadcast(&v->over);
	pthread_mutex_unlock(&v->lock);
	for (i = 0; i < v->n; i++)
		pthread_join(t[i], NULL);
	free(t);
	return good;
}

static int forks(struct victim *v)
{
	SSL *ssl = tls_connect(v->ctx, v->port);
	int good = tls_chat(ssl, "tokens=4&burst=1&tag=before-fork", 50, true, &sizes) == 200;
	int status = 0;
	pid_t pid = fork();

	if (!pid)
		_exit(!one_call(v, "tokens=4&burst=1&tag=child"));
	good += tls_chat(ssl, "tokens=4&burst=1&tag=parent", 50, true, &sizes) == 200;
	waitpid(pid, &status, 0);
	good += status == 0;
	tls_close(ssl);
	return good;
}

static int execs(struct victim *v)
{
	char port[16];

	if (!one_call(v, "tokens=4&burst=1&tag=before-exec"))
		return 0;
	snprintf(port, sizeof(port), "%d", v->port);
	execl(v->self, "victim", "call", port, v->ca, (char *)NULL);
	err(1, "exec");
}

static int call(struct victim *v)
{
	return one_call(v, "tokens=4&burst=1&tag=after-exec");
}

static void confine(bool connecting)
{
	static const int always[] = {
		SYS_read,	  SYS_write,	  SYS_exit_group, SYS_exit,   SYS_brk,
		SYS_mmap,	  SYS_munmap,	  SYS_mprotect,	  SYS_futex,  SYS_close,
		SYS_rt_sigreturn, SYS_madvise,	  SYS_getrandom,  SYS_getpid, SYS_clock_gettime,
		SYS_fstat,	  SYS_newfstatat,
	};
	static const int connect_too[] = {SYS_socket, SYS_connect, SYS_setsockopt, SYS_gettid};
	struct sock_filter f[64];
	struct sock_fprog prog = {.filter = f};
	size_t i, n = 0;

	f[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					      offsetof(struct seccomp_data, nr));
	for (i = 0; i < sizeof(always) / sizeof(*always); i++) {
		f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
						      (unsigned int)always[i], 0, 1);
		f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	}
	for (i = 0; connecting && i < sizeof(connect_too) / sizeof(*connect_too); i++) {
		f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
						      (unsigned int)connect_too[i], 0, 1);
		f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	}
	f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	prog.len = (unsigned short)n;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
		err(1, "seccomp");
}

static int seccomp(struct victim *v)
{
	SSL *ssl = tls_connect(v->ctx, v->port);
	int good = 0, i;

	confine(false);
	for (i = 0; i < 3; i++)
		good += tls_chat(ssl, "tokens=5&burst=1&tag=confined", 50, true, &sizes) == 200;
	return good;
}

static int seccomp_all(struct victim *v)
{
	int good = 0, i;

	/* Certificate checking looks at local time: its file is to be read before. */
	tzset();
	confine(true);
	for (i = 0; i < 3; i++)
		good += one_call(v, "tokens=5&burst=1&tag=confined");
	return good;
}

static const struct {
	const char *name;
	int (*run)(struct victim *v);
} kinds[] = {
	{"threads", threads},
	{"failread", failread},
	{"fork", forks},
	{"exec", execs},
	{"call", call},
	{"seccomp", seccomp},
	{"seccomp-all", seccomp_all},
};

int main(int argc, char **argv)
{
	struct victim v = {.n = argc > 4 ? atoi(argv[4]) : 0};
	size_t i;
	int good;

	pthread_mutex_init(&v.lock, NULL);
	pthread_cond_init(&v.over, NULL);
	for (i = 0; argc > 3 && i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (strcmp(kinds[i].name, argv[1]))
			continue;
		v.port = atoi(argv[2]);
		v.ca = argv[3];
		v.self = "/proc/self/exe";
		v.ctx = tls_context(v.ca);
		good = kinds[i].run(&v);
		printf("calls=%d\n", good);
		fflush(stdout);
		_exit(good == 0);
	}
	errx(2, "victim KIND PORT CA [N]");
}

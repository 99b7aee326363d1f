/* SPDX-License-Identifier: Apache-2.0 */
/* cap_rig.h: capture files of the tests: written, read back and put into words. */
#ifndef CAP_RIG_H
#define CAP_RIG_H

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "capture/cap.h"
#include "capture/cap_read.h"
#include "capture/cap_write.h"
#include "base/limits.h"

static char dir[] = "/tmp/test_cap.XXXXXX";

static inline const char *path(const char *name)
{
	static char buf[16][256];
	static int which;

	which = (which + 1) % 16;
	snprintf(buf[which], sizeof(buf[which]), "%s/%s", dir, name);
	return buf[which];
}

/* What ops were told, as text. */
struct log {
	struct buf out;
};

static inline void say(void *ctx, const char *fmt, ...)
{
	struct log *log = ctx;
	char *line;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&line, fmt, ap);
	va_end(ap);
	assert_true(n >= 0);
	assert_int_equal(buf__add(&log->out, span(line, n)), 0);
	free(line);
}

static inline void on_clock(void *ctx, uint64_t mono_ns, int64_t offset_ns)
{
	say(ctx, "clock %lu %ld\n", mono_ns, offset_ns);
}

static inline void on_process(void *ctx, const struct process *p)
{
	struct process copy = *p;

	say(ctx, "process %u %u %u %lu %lu %d ", p->pid, p->ppid, p->uid, p->start_ns, p->seen_ns,
	    p->again);
	for (size_t i = 0; i < N_PROCESS_TEXTS; i++)
		say(ctx, "[%s]", *process__text(&copy, i) ? *process__text(&copy, i) : "");
	say(ctx, "\n");
}

static inline void on_data(void *ctx, const struct capture_data *d)
{
	say(ctx, "data %lu %u %u %lx %lu %lu %lu %lu gap %lu dir %d flags %u ahead %u stack %d: ",
	    d->conn, d->pid, d->tid, d->ssl, d->entry_ns, d->return_ns, d->offset, d->other_offset,
	    d->gap, d->dir, d->flags, d->ahead, d->stack);
	assert_int_equal(buf__add(&((struct log *)ctx)->out, d->bytes), 0);
	say(ctx, "\n");
}

static inline void on_close(void *ctx, const struct capture_close *c)
{
	say(ctx, "close %lu %u %lu %lu %lu %u %u\n", c->conn, c->pid, c->ts_ns, c->offset[0],
	    c->offset[1], c->read_fails, c->flags);
}

static inline void on_peer(void *ctx, const struct capture_peer *p)
{
	say(ctx, "peer %lu %u %lu family %d %d ports %u %u: ", p->conn, p->pid, p->ts_ns,
	    p->local.family, p->peer.family, p->local.port, p->peer.port);
	assert_int_equal(buf__add(&((struct log *)ctx)->out, span(p->local.address, 16)), 0);
	assert_int_equal(buf__add(&((struct log *)ctx)->out, span(p->peer.address, 16)), 0);
	say(ctx, "\n");
}

static inline void on_exit_(void *ctx, const struct capture_exit *e)
{
	say(ctx, "exit %u %lu %u\n", e->pid, e->ts_ns, e->status);
}

static inline void on_counts(void *ctx, const struct capture_counts *c)
{
	say(ctx, "counts %lu %lu\n", c->v[0], c->v[COUNT_MAX - 1]);
}

static inline void on_tick(void *ctx, uint64_t mono_ns)
{
	say(ctx, "tick %lu\n", mono_ns);
}

static const struct capture_ops log_ops = {
	.clock = on_clock,
	.process = on_process,
	.data = on_data,
	.peer = on_peer,
	.close = on_close,
	.exit = on_exit_,
	.counts = on_counts,
	.tick = on_tick,
};

static inline void play(const struct capture_ops *ops, void *ctx)
{
	struct process p = {.pid = 42,
			    .ppid = 1,
			    .uid = 1000,
			    .start_ns = 5,
			    .seen_ns = 6,
			    .comm = "x\"\n",
			    .exe = "/usr/bin/x",
			    .cmdline = "x -v",
			    .cgroup = "/a",
			    .container_id = "",
			    .unit = "u.service",
			    .env = "A=b\n",
			    .user = "me",
			    .slice = "app.slice",
			    .session = "3",
			    .container_runtime = "cri-o",
			    .container_name = "c",
			    .container_image = "registry/image:1",
			    .pod_uid = "00112233445566778899aabbccddeeff",
			    .pod_namespace = "prod",
			    .pod_name = "rag-0",
			    .pod_container = "app",
			    .labels = "k8s.pod.label.app=rag\n"};
	struct capture_data d = {.conn = 9,
				 .pid = 42,
				 .tid = 43,
				 .ssl = 0xdead,
				 .entry_ns = 100,
				 .return_ns = 200,
				 .other_offset = 3,
				 .ahead = 4000000000,
				 .bytes = SPAN_LIT("GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
				 .dir = DIR_WRITE,
				 .flags = EVENT_CALL_START,
				 .stack = TLS_OPENSSL};
	struct capture_data gap = {.conn = 9, .pid = 42, .tid = 43, .gap = 77, .dir = DIR_READ};
	struct capture_peer peers[] = {
		{.conn = 9,
		 .pid = 42,
		 .ts_ns = 201,
		 .local = {.address = {127, 0, 0, 1}, .port = 40000, .family = 4},
		 .peer = {.address = {10, 0, 0, 7}, .port = 443, .family = 4}},
		{.conn = 10,
		 .pid = 42,
		 .ts_ns = 202,
		 .local = {.address = {[15] = 1}, .port = 1, .family = 6},
		 .peer = {.address = {0x20, 1, 0xd, 0xb8, [15] = 7}, .port = 65535, .family = 6}},
	};
	struct capture_close c = {.conn = 9,
				  .pid = 42,
				  .ts_ns = 300,
				  .offset = {1, 2},
				  .read_fails = 4,
				  .flags = CLOSE_EOF};
	struct capture_exit e = {.pid = 42, .ts_ns = 400, .status = 256};
	struct capture_counts n = {.v = {[0] = 11, [COUNT_MAX - 1] = 12}};

	ops->clock(ctx, 1, 1700000000000000000);
	ops->process(ctx, &p);
	p.again = true;
	ops->process(ctx, &p);
	ops->data(ctx, &d);
	ops->peer(ctx, &peers[0]);
	ops->peer(ctx, &peers[1]);
	ops->clock(ctx, 150, -5);
	ops->data(ctx, &gap);
	ops->close(ctx, &c);
	ops->exit(ctx, &e);
	ops->counts(ctx, &n);
	ops->tick(ctx, 500);
}

static inline struct cap_write *writer(const char *name, bool raw)
{
	static const char *const info[] = {"version", "1.2", "host", "h", NULL};
	struct cap_write_config config = {.path = name, .raw = raw, .info = info};
	struct cap_write *w;

	assert_int_equal(cap_write__open(&config, &limits_default, &w), 0);
	return w;
}

static inline struct cap_error read_all(const char *name, struct log *log)
{
	struct cap_error error;
	struct cap_read *r;
	int more;

	buf__init(&log->out, 16 << 20);
	if (cap_read__open(name, &r, &error))
		return error;
	while ((more = cap_read__next(r, &log_ops, log, &error)) > 0)
		;
	assert_int_equal(more, error.err);
	/* the end stays the end */
	assert_int_equal(cap_read__next(r, &log_ops, log, &error), more);
	cap_read__free(r);
	return error;
}

static inline struct span load(const char *name)
{
	static uint8_t buf[1 << 20];
	int fd = open(name, O_RDONLY);
	ssize_t n = read(fd, buf, sizeof(buf));

	assert_true(fd >= 0 && n >= 0);
	close(fd);
	return span(buf, n);
}

static inline void store(const char *name, struct span s)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(fd, s.p, s.n), s.n);
	close(fd);
}

static inline int setup(void **state)
{
	signal(SIGPIPE, SIG_IGN);
	return mkdtemp(dir) ? 0 : -1;
}

static inline int teardown(void **state)
{
	static const char *const files[] = {"a.cap",	"long.cap", "s.cap", "c.cap",  "cut.cap",
					    "bad.cap",	"v.cap",    "h.cap", "hh.cap", "p.cap",
					    "precious", "link.cap", "pipe"};
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlink(path(files[i]));
	return rmdir(dir);
}

#endif

// SPDX-License-Identifier: Apache-2.0
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

static const char *path(const char *name)
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

static void say(void *ctx, const char *fmt, ...)
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

static void on_clock(void *ctx, uint64_t mono_ns, int64_t offset_ns)
{
	say(ctx, "clock %lu %ld\n", mono_ns, offset_ns);
}

static void on_process(void *ctx, const struct process *p)
{
	say(ctx, "process %u %u %u %lu %lu [%s][%s][%s][%s][%s][%s][%s]\n", p->pid, p->ppid, p->uid,
	    p->start_ns, p->seen_ns, p->comm, p->exe, p->cmdline, p->cgroup, p->container_id,
	    p->unit, p->env);
}

static void on_data(void *ctx, const struct capture_data *d)
{
	say(ctx, "data %lu %u %u %lx %lu %lu %lu %lu gap %lu dir %d flags %u ahead %u stack %d: ",
	    d->conn, d->pid, d->tid, d->ssl, d->entry_ns, d->return_ns, d->offset, d->other_offset,
	    d->gap, d->dir, d->flags, d->ahead, d->stack);
	assert_int_equal(buf__add(&((struct log *)ctx)->out, d->bytes), 0);
	say(ctx, "\n");
}

static void on_close(void *ctx, const struct capture_close *c)
{
	say(ctx, "close %lu %u %lu %lu %lu %u %u\n", c->conn, c->pid, c->ts_ns, c->offset[0],
	    c->offset[1], c->read_fails, c->flags);
}

static void on_peer(void *ctx, const struct capture_peer *p)
{
	say(ctx, "peer %lu %u %lu family %d %d ports %u %u: ", p->conn, p->pid, p->ts_ns,
	    p->local.family, p->peer.family, p->local.port, p->peer.port);
	assert_int_equal(buf__add(&((struct log *)ctx)->out, span(p->local.address, 16)), 0);
	assert_int_equal(buf__add(&((struct log *)ctx)->out, span(p->peer.address, 16)), 0);
	say(ctx, "\n");
}

static void on_exit_(void *ctx, const struct capture_exit *e)
{
	say(ctx, "exit %u %lu %u\n", e->pid, e->ts_ns, e->status);
}

static void on_counts(void *ctx, const struct capture_counts *c)
{
	say(ctx, "counts %lu %lu\n", c->v[0], c->v[COUNT_MAX - 1]);
}

static void on_tick(void *ctx, uint64_t mono_ns)
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

static void play(const struct capture_ops *ops, void *ctx)
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
			    .env = "A=b\n"};
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

static struct cap_write *writer(const char *name, bool raw)
{
	static const char *const info[] = {"version", "1.2", "host", "h", NULL};
	struct cap_write_config config = {.path = name, .raw = raw, .info = info};
	struct cap_write *w;

	assert_int_equal(cap_write__open(&config, &limits_default, &w), 0);
	return w;
}

static struct cap_error read_all(const char *name, struct log *log)
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

static struct span load(const char *name)
{
	static uint8_t buf[1 << 20];
	int fd = open(name, O_RDONLY);
	ssize_t n = read(fd, buf, sizeof(buf));

	assert_true(fd >= 0 && n >= 0);
	close(fd);
	return span(buf, n);
}

static void store(const char *name, struct span s)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(fd, s.p, s.n), s.n);
	close(fd);
}

static void test_round_trip(void **state)
{
	struct cap_write *w = writer(path("a.cap"), false);
	struct cap_write_status status;
	struct log want, got;
	struct cap_error error;
	struct cap_read *r;
	struct stat st;

	play(&cap_write_ops, w);
	cap_write__status(w, &status);
	assert_int_equal(status.records, 12);
	assert_int_equal(cap_write__close(w), 0);
	assert_int_equal(stat(path("a.cap"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, status.bytes + CAP_RECORD_HEAD + 8 + CAP_RECORD_TAIL);

	buf__init(&want.out, 1 << 20);
	play(&log_ops, &want);
	error = read_all(path("a.cap"), &got);
	assert_int_equal(error.err, 0);
	assert_null(error.what);
	assert_true(span_eq(buf__span(&got.out), buf__span(&want.out)));
	buf__free(&want.out);
	buf__free(&got.out);

	assert_int_equal(cap_read__open(path("a.cap"), &r, &error), 0);
	assert_null(cap_read__info(r, "host"));
	assert_int_equal(cap_read__next(r, &(struct capture_ops){0}, NULL, &error), 1);
	assert_string_equal(cap_read__info(r, "host"), "h");
	assert_string_equal(cap_read__info(r, "version"), "1.2");
	assert_null(cap_read__info(r, "1.2"));
	while (cap_read__next(r, &(struct capture_ops){0}, NULL, &error) > 0)
		;
	assert_null(error.what);
	cap_read__free(r);
	cap_read__free(NULL);
}

static void test_long_data(void **state)
{
	const size_t n = 3 * CAP_DATA_MAX + 5;
	struct cap_write *w = writer(path("long.cap"), true);
	uint8_t *bytes = malloc(n);
	struct capture_data d = {.conn = 1,
				 .offset = 10,
				 .flags = EVENT_CALL_START | EVENT_AFTER_LOSS | EVENT_EARLY,
				 .bytes = span(bytes, n)};
	struct log got;
	char *p, *end;
	size_t i;

	for (i = 0; i < n; i++)
		bytes[i] = 'a' + i % 26;
	cap_write_ops.data(w, &d);
	assert_int_equal(cap_write__close(w), 0);
	assert_null(read_all(path("long.cap"), &got).what);
	p = (char *)got.out.p;
	end = p + got.out.n;
	for (i = 0; i < 4; i++) {
		char want[64];
		size_t len = i < 3 ? CAP_DATA_MAX : 5;

		snprintf(want, sizeof(want),
			 " %zu 0 gap 0 dir 0 flags %d ahead 0 stack 0: ", 10 + i * CAP_DATA_MAX,
			 i ? EVENT_EARLY : EVENT_CALL_START | EVENT_AFTER_LOSS | EVENT_EARLY);
		p = memmem(p, end - p, want, strlen(want));
		assert_non_null(p);
		p += strlen(want);
		assert_memory_equal(p, bytes + i * CAP_DATA_MAX, len);
		p += len;
	}
	assert_ptr_equal(p + 1, end);
	buf__free(&got.out);
	free(bytes);
}

/* At every split of the traffic the file holds none of its secrets, and all of the rest. */
static void test_secrets(void **state)
{
	static const char text[] = "POST /v1/x?key=Zq1secret HTTP/1.1\r\nHost: h\r\nAuthorization: "
				   "Bearer Zq2secret\r\n"
				   "Cookie: a=Zq3secret\r\nX-Api-Key: Zq4secret\r\nContent-Length: "
				   "9\r\n\r\n{\"a\":\"b\"}";
	static const char masked[] = "POST /v1/x?key=xxxxxxxxx HTTP/1.1\r\nHost: "
				     "h\r\nAuthorization: Bearer xxxxxxxxx\r\n"
				     "Cookie: xxxxxxxxxxx\r\nX-Api-Key: "
				     "xxxxxxxxx\r\nContent-Length: 9\r\n\r\n{\"a\":\"b\"}";
	struct process p = {.comm = "",
			    .exe = "",
			    .cmdline = "curl -H x-api-key: Zq5secret",
			    .cgroup = "",
			    .container_id = "",
			    .unit = "",
			    .env = ""};
	const size_t n = sizeof(text) - 1;
	size_t cut, step, at, len;
	struct buf joined;

	for (cut = 0; cut <= n; cut++) {
		struct cap_write *w = writer(path("s.cap"), false);
		struct cap_error error;
		struct span file;
		struct log got;
		const char *q;

		cap_write_ops.process(w, &p);
		step = cut ? cut : 1; /* 0: byte by byte */
		for (at = 0; at < n; at += len) {
			struct capture_data d = {.conn = 1, .offset = at, .dir = DIR_WRITE};

			len = n - at < step ? n - at : cut ? (at ? n - at : step) : 1;
			d.bytes = span(text + at, len);
			cap_write_ops.data(w, &d);
		}
		assert_int_equal(cap_write__close(w), 0);
		file = load(path("s.cap"));
		assert_int_equal(span_find(file, SPAN_LIT("secret")), -1);
		error = read_all(path("s.cap"), &got);
		assert_null(error.what);
		buf__init(&joined, 4096);
		q = (const char *)got.out.p;
		while ((q = memmem(q, (const char *)got.out.p + got.out.n - q, "stack 0: ", 9))) {
			q += 9;
			len = n - joined.n < step ? n - joined.n
			      : cut		  ? (joined.n ? n - joined.n : step)
						  : 1;
			buf__add(&joined, span(q, len));
		}
		assert_int_equal(joined.n, n);
		assert_memory_equal(joined.p, masked, n);
		buf__free(&joined);
		buf__free(&got.out);
	}
}

static void test_cut(void **state)
{
	struct cap_write *w = writer(path("c.cap"), false);
	static uint8_t copy[1 << 20];
	struct cap_error error;
	struct log whole, got;
	struct span file;
	size_t n;

	play(&cap_write_ops, w);
	cap_write__close(w);
	read_all(path("c.cap"), &whole);
	file = load(path("c.cap"));
	memcpy(copy, file.p, file.n);
	for (n = 0; n < file.n; n++) {
		store(path("cut.cap"), span(copy, n));
		error = read_all(path("cut.cap"), &got);
		assert_non_null(error.what);
		assert_true(error.offset <= n);
		if (n < CAP_HEAD_BYTES)
			assert_int_equal(error.err, n ? -EBADMSG : -ENODATA);
		else
			assert_int_equal(error.err, 0);
		assert_true(span_starts(buf__span(&whole.out), buf__span(&got.out)));
		buf__free(&got.out);
	}
	buf__free(&whole.out);
}

static void test_corrupt(void **state)
{
	struct cap_write *w = writer(path("c.cap"), false);
	static uint8_t copy[1 << 20];
	struct cap_error error;
	struct log whole, got;
	struct span file;
	size_t i;

	play(&cap_write_ops, w);
	cap_write__close(w);
	read_all(path("c.cap"), &whole);
	file = load(path("c.cap"));
	memcpy(copy, file.p, file.n);
	for (i = 0; i < file.n; i++) {
		copy[i] ^= 0x41;
		store(path("bad.cap"), span(copy, file.n));
		copy[i] ^= 0x41;
		error = read_all(path("bad.cap"), &got);
		assert_true(error.err == -EBADMSG || (i < 8 && error.err == -ENOMSG));
		assert_true(error.offset <= i);
		assert_true(span_starts(buf__span(&whole.out), buf__span(&got.out)));
		buf__free(&got.out);
	}
	buf__free(&whole.out);
}

static void put_le32(uint8_t *p, uint32_t v)
{
	p[0] = v, p[1] = v >> 8, p[2] = v >> 16, p[3] = v >> 24;
}

/* A record with right sums, whatever is in it. */
static size_t make_record(uint8_t *p, uint16_t type, struct span payload)
{
	p[0] = type, p[1] = type >> 8, p[2] = p[3] = 0;
	put_le32(p + 4, payload.n);
	put_le32(p + 8, crc32(0, p, 8));
	memcpy(p + CAP_RECORD_HEAD, payload.p, payload.n);
	put_le32(p + CAP_RECORD_HEAD + payload.n, crc32(0, payload.p, payload.n));
	return CAP_RECORD_HEAD + payload.n + CAP_RECORD_TAIL;
}

static size_t make_head(uint8_t *p, uint16_t major, uint16_t minor)
{
	memcpy(p, CAP_MAGIC, 8);
	p[8] = major, p[9] = major >> 8, p[10] = minor, p[11] = 0;
	put_le32(p + 12, CAP_MARK);
	put_le32(p + 16, crc32(0, p, 16));
	return CAP_HEAD_BYTES;
}

static void test_versions(void **state)
{
	static uint8_t file[4096];
	struct cap_error error;
	struct log got;
	size_t n;

	/* a later minor version: unknown records, more fields */
	n = make_head(file, CAP_MAJOR, CAP_MINOR + 7);
	n += make_record(file + n, 999, SPAN_LIT("whatever"));
	n += make_record(file + n, CAP_TICK, SPAN_LIT("\5\0\0\0\0\0\0\0new field"));
	n += make_record(file + n, 0, SPAN_LIT(""));
	n += make_record(file + n, CAP_END, SPAN_LIT("\3\0\0\0\0\0\0\0"));
	store(path("v.cap"), span(file, n));
	error = read_all(path("v.cap"), &got);
	assert_null(error.what);
	assert_memory_equal(got.out.p, "tick 5\n", got.out.n);
	buf__free(&got.out);
	/* a later major one */
	make_head(file, CAP_MAJOR + 1, 0);
	store(path("v.cap"), span(file, n));
	error = read_all(path("v.cap"), &got);
	assert_int_equal(error.err, -EPROTO);
	assert_non_null(strstr(error.what, "newer"));
	/* records missing before the end */
	n = make_head(file, CAP_MAJOR, CAP_MINOR);
	n += make_record(file + n, CAP_END, SPAN_LIT("\3\0\0\0\0\0\0\0"));
	store(path("v.cap"), span(file, n));
	error = read_all(path("v.cap"), &got);
	assert_int_equal(error.err, -EBADMSG);
	assert_int_equal(error.offset, CAP_HEAD_BYTES);
	/* no such thing */
	store(path("v.cap"), SPAN_LIT("\x7f"
				      "ELF and so on, long enough to be a head"));
	error = read_all(path("v.cap"), &got);
	assert_int_equal(error.err, -ENOMSG);
	error = read_all(path("none.cap"), &got);
	assert_int_equal(error.err, -ENOENT);
	error = read_all(dir, &got);
	assert_int_equal(error.err, -EISDIR);
}

/* Right sums around wrong contents: every payload cut short, and every byte of it 0xff. */
static void test_hostile(void **state)
{
	struct cap_write *w = writer(path("h.cap"), true);
	static uint8_t copy[1 << 20], file[1 << 20];
	size_t at, len, i, n, head;
	struct cap_error error;
	struct span all;
	struct log got;

	play(&cap_write_ops, w);
	cap_write__close(w);
	all = load(path("h.cap"));
	memcpy(copy, all.p, all.n);
	head = make_head(file, CAP_MAJOR, CAP_MINOR);
	for (at = CAP_HEAD_BYTES; at < all.n; at += CAP_RECORD_HEAD + len + CAP_RECORD_TAIL) {
		uint8_t *payload = copy + at + CAP_RECORD_HEAD;

		len = copy[at + 4] | copy[at + 5] << 8 | copy[at + 6] << 16;
		for (i = 0; i < len; i++) {
			uint8_t old = payload[i];

			n = head + make_record(file + head, copy[at], span(payload, i));
			store(path("hh.cap"), span(file, n));
			error = read_all(path("hh.cap"), &got);
			assert_non_null(error.what);
			buf__free(&got.out);
			payload[i] = 0xff;
			n = head + make_record(file + head, copy[at], span(payload, len));
			store(path("hh.cap"), span(file, n));
			read_all(path("hh.cap"), &got);
			buf__free(&got.out);
			payload[i] = old;
		}
	}
}

static void test_stdin(void **state)
{
	struct cap_write *w = writer(path("p.cap"), false);
	struct log want, got;
	struct cap_error error;
	int save = dup(STDIN_FILENO), fds[2];
	struct span file;
	size_t i;

	play(&cap_write_ops, w);
	cap_write__close(w);
	read_all(path("p.cap"), &want);
	file = load(path("p.cap"));
	assert_int_equal(pipe(fds), 0);
	for (i = 0; i < file.n; i++)
		assert_int_equal(write(fds[1], file.p + i, 1), 1);
	close(fds[1]);
	dup2(fds[0], STDIN_FILENO);
	close(fds[0]);
	error = read_all("-", &got);
	assert_null(error.what);
	assert_true(span_eq(buf__span(&got.out), buf__span(&want.out)));
	dup2(save, STDIN_FILENO);
	close(save);
	buf__free(&want.out);
	buf__free(&got.out);
}

static void test_output(void **state)
{
	struct cap_write_config config = {.path = path("link.cap")};
	struct cap_write_status status;
	struct cap_write *w;
	struct stat st;

	/* neither kind of link is followed */
	store(path("precious"), SPAN_LIT("precious"));
	assert_int_equal(symlink(path("precious"), config.path), 0);
	assert_int_equal(cap_write__open(&config, &limits_default, &w), -ELOOP);
	assert_int_equal(unlink(config.path), 0);
	assert_int_equal(link(path("precious"), config.path), 0);
	assert_int_equal(cap_write__open(&config, &limits_default, &w), -ELOOP);
	assert_int_equal(load(path("precious")).n, 8);
	assert_int_equal(unlink(config.path), 0);
	/* an old file of ours is replaced, and becomes private */
	store(config.path,
	      SPAN_LIT("old and long enough to be seen if it were still there ......"));
	assert_int_equal(chmod(config.path, 0644), 0);
	assert_int_equal(cap_write__open(&config, &limits_default, &w), 0);
	assert_int_equal(cap_write__close(w), 0);
	assert_int_equal(stat(config.path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(span_find(load(config.path), SPAN_LIT("old")), -1);
	if (geteuid() == 0) {
		assert_int_equal(chown(config.path, 12345, 12345), 0);
		assert_int_equal(cap_write__open(&config, &limits_default, &w), -EPERM);
	}
	config.path = dir;
	assert_int_equal(cap_write__open(&config, &limits_default, &w), -EISDIR);
	config.path = path("no/such");
	assert_int_equal(cap_write__open(&config, &limits_default, &w), -ENOENT);
	/* a full disk: said at once where the head does not fit */
	config.path = "/dev/full";
	assert_int_equal(cap_write__open(&config, &limits_default, &w), -ENOSPC);
	/* … and later: counted, once said */
	config.path = path("pipe");
	assert_int_equal(mkfifo(config.path, 0600), 0);
	int rd = open(config.path, O_RDONLY | O_NONBLOCK);

	assert_int_equal(cap_write__open(&config, &limits_default, &w), 0);
	close(rd);
	play(&cap_write_ops, w);
	play(&cap_write_ops, w);
	cap_write__status(w, &status);
	assert_int_equal(status.err, -EPIPE);
	assert_int_equal(status.unwritten, 11);
	assert_int_equal(cap_write__close(w), -EPIPE);
	assert_int_equal(cap_write__close(NULL), 0);
}

static int setup(void **state)
{
	signal(SIGPIPE, SIG_IGN);
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	static const char *const files[] = {"a.cap",	"long.cap", "s.cap", "c.cap",  "cut.cap",
					    "bad.cap",	"v.cap",    "h.cap", "hh.cap", "p.cap",
					    "precious", "link.cap", "pipe"};
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlink(path(files[i]));
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip), cmocka_unit_test(test_long_data),
		cmocka_unit_test(test_secrets),	   cmocka_unit_test(test_cut),
		cmocka_unit_test(test_corrupt),	   cmocka_unit_test(test_versions),
		cmocka_unit_test(test_hostile),	   cmocka_unit_test(test_stdin),
		cmocka_unit_test(test_output),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

// SPDX-License-Identifier: Apache-2.0
/* Capture files: what is written comes back, without secrets, through files and pipes. */
#include "cap_rig.h"

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
	assert_int_equal(status.records, 13);
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
	assert_int_equal(status.unwritten, 12);
	assert_int_equal(cap_write__close(w), -EPIPE);
	assert_int_equal(cap_write__close(NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip), cmocka_unit_test(test_long_data),
		cmocka_unit_test(test_secrets),	   cmocka_unit_test(test_stdin),
		cmocka_unit_test(test_output),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

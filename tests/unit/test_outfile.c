// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink/outfile.h"
#include "root_rig.h"

static void files_are_private_and_no_symlink_is_followed(void **state)
{
	char link[1024];
	struct outfile f;
	struct stat st;

	assert_int_equal(outfile__open(&f, in_root("new")), 0);
	assert_int_equal(outfile__line(&f, SPAN_LIT("one\n")), 0);
	assert_int_equal(outfile__close(&f), 0);
	assert_int_equal(stat(in_root("new"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(outfile__open(&f, in_root("new")), 0);
	assert_int_equal(outfile__line(&f, SPAN_LIT("two\n")), 0);
	assert_int_equal(outfile__close(&f), 0);
	assert_string_equal(text_in_root("new"), "one\ntwo\n");

	snprintf(link, sizeof(link), "%s", in_root("link"));
	assert_int_equal(symlink(in_root("new"), link), 0);
	assert_int_equal(outfile__open(&f, link), -ELOOP);
	assert_int_equal(outfile__close(&f), 0);
	assert_int_equal(outfile__open(&f, root), -EISDIR);
	assert_int_equal(outfile__open(&f, in_root("no/such")), -ENOENT);
	assert_int_equal(outfile__open(&f, "/dev/stdout"), 0);
	assert_int_equal(outfile__close(&f), 0);
	assert_int_equal(outfile__open(&f, "/dev/null"), 0);
	assert_int_equal(outfile__line(&f, SPAN_LIT("x\n")), 0);
	assert_int_equal(outfile__close(&f), 0);
	assert_int_equal(outfile__open(&f, "/dev/fd/999999"), -EBADF);
}

static void reopening_follows_logrotate(void **state)
{
	char was[1024];
	struct outfile f;

	snprintf(was, sizeof(was), "%s", in_root("log.1"));
	assert_int_equal(outfile__open(&f, in_root("log")), 0);
	outfile__line(&f, SPAN_LIT("one\n"));
	assert_int_equal(rename(in_root("log"), was), 0);
	outfile__line(&f, SPAN_LIT("two\n"));
	assert_int_equal(outfile__reopen(&f), 0);
	outfile__line(&f, SPAN_LIT("three\n"));
	assert_string_equal(text_in_root("log.1"), "one\ntwo\n");
	assert_string_equal(text_in_root("log"), "three\n");
	/* what cannot be opened leaves the old file in use */
	unlink(in_root("log"));
	assert_int_equal(symlink("/nowhere", in_root("log")), 0);
	assert_int_equal(outfile__reopen(&f), -ELOOP);
	assert_int_equal(outfile__line(&f, SPAN_LIT("four\n")), 0);
	assert_int_equal(outfile__close(&f), 0);
}

static void reopening_waits_for_no_reader(void **state)
{
	int reader, got;
	struct outfile f;
	char text[16];

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(mkfifo(in_root("fifo"), 0600), 0);
	reader = open(in_root("fifo"), O_RDONLY | O_NONBLOCK);
	assert_true(reader >= 0);
	assert_int_equal(outfile__open(&f, in_root("fifo")), 0);
	assert_int_equal(outfile__reopen(&f), 0);
	assert_int_equal(fcntl(f.fd, F_GETFL) & (O_NONBLOCK | O_APPEND), O_APPEND);
	assert_int_equal(outfile__line(&f, SPAN_LIT("one\n")), 0);
	got = (int)read(reader, text, sizeof(text));
	assert_int_equal(got, 4);
	close(reader);
	assert_int_equal(outfile__reopen(&f), -ENXIO);
	assert_int_equal(outfile__line(&f, SPAN_LIT("two\n")), -EPIPE);
	assert_int_equal(outfile__close(&f), 0);
}

/* A file that may not grow past a size takes a part of a line: as a full disk does. */
static void no_half_line_stays(void **state)
{
	struct rlimit was, small;
	struct outfile f;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(outfile__open(&f, in_root("full")), 0);
	assert_int_equal(outfile__line(&f, SPAN_LIT("123456\n")), 0);
	getrlimit(RLIMIT_FSIZE, &was);
	small = was;
	small.rlim_cur = 10;
	setrlimit(RLIMIT_FSIZE, &small);
	assert_int_equal(outfile__line(&f, SPAN_LIT("abcdef\n")), -EFBIG);
	setrlimit(RLIMIT_FSIZE, &was);
	assert_int_equal(outfile__line(&f, SPAN_LIT("later\n")), 0);
	assert_int_equal(outfile__close(&f), 0);
	assert_string_equal(text_in_root("full"), "123456\nlater\n");

	assert_int_equal(outfile__open(&f, "/dev/full"), 0);
	assert_int_equal(outfile__line(&f, SPAN_LIT("x\n")), -ENOSPC);
	assert_int_equal(outfile__close(&f), 0);
}

/* What a crash left of a line costs that line, and not the first of those after it. */
static void a_line_that_was_torn_stays_alone(void **state)
{
	struct outfile f;
	FILE *torn = fopen(in_root("torn"), "w");

	fputs("whole\nhal", torn);
	fclose(torn);
	assert_int_equal(outfile__open(&f, in_root("torn")), 0);
	assert_int_equal(outfile__line(&f, SPAN_LIT("one\n")), 0);
	assert_int_equal(outfile__reopen(&f), 0);
	assert_int_equal(outfile__line(&f, SPAN_LIT("two\n")), 0);
	assert_int_equal(outfile__close(&f), 0);
	assert_string_equal(text_in_root("torn"), "whole\nhal\none\ntwo\n");
	assert_int_equal(outfile__open(&f, in_root("torn")), 0);
	assert_int_equal(outfile__close(&f), 0);
	assert_string_equal(text_in_root("torn"), "whole\nhal\none\ntwo\n");
}

static void a_slow_pipe_tears_no_line(void **state)
{
	static char line[100001], got[400000];
	size_t n = 0, i, lines = 0;
	struct outfile f;
	ssize_t one;
	int fds[2];

	assert_int_equal(pipe2(fds, O_NONBLOCK), 0);
	memset(line, 'a', 100000);
	line[100000] = '\n';
	assert_int_equal(outfile__from_fd(&f, fds[1]), 0);
	close(fds[1]);
	assert_int_equal(outfile__line(&f, span(line, sizeof(line))),
			 0); /* a part is in the pipe */
	assert_int_equal(outfile__line(&f, span(line, sizeof(line))),
			 -EAGAIN); /* lost as a whole */
	while ((one = read(fds[0], got + n, sizeof(got) - n)) > 0)
		n += (size_t)one;
	assert_int_equal(outfile__line(&f, SPAN_LIT("end\n")), 0);
	assert_int_equal(outfile__close(&f), 0);
	while ((one = read(fds[0], got + n, sizeof(got) - n)) > 0)
		n += (size_t)one;
	close(fds[0]);
	assert_int_equal(n, sizeof(line) + 4);
	for (i = 0; i < n; i++)
		lines += got[i] == '\n';
	assert_int_equal(lines, 2);
	assert_memory_equal(got + n - 5, "\nend\n", 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_private_and_no_symlink_is_followed),
		cmocka_unit_test(reopening_follows_logrotate),
		cmocka_unit_test(no_half_line_stays),
		cmocka_unit_test(a_line_that_was_torn_stays_alone),
		cmocka_unit_test(reopening_waits_for_no_reader),
		cmocka_unit_test(a_slow_pipe_tears_no_line),
	};

	return cmocka_run_group_tests(tests, root__make, root__remove);
}

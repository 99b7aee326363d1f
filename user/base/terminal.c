// SPDX-License-Identifier: Apache-2.0
#include "base/terminal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct terminal terminal__of(int fd)
{
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
	struct terminal t = {.is = isatty(fd)};
	struct winsize w;

	if (!t.is)
		return t;
	t.colour = !(no_colour && *no_colour) && !(term && !strcmp(term, "dumb"));
	if (!ioctl(fd, TIOCGWINSZ, &w)) {
		t.columns = w.ws_col;
		t.rows = w.ws_row;
	}
	return t;
}

int terminal__write(int fd, const struct buf *b)
{
	size_t n = 0;
	ssize_t k;

	while (n < b->n) {
		k = write(fd, b->p + n, b->n - n);
		if (k < 0 && errno != EINTR)
			return -errno;
		n += k > 0 ? (size_t)k : 0;
	}
	return 0;
}

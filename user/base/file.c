// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int file__open(const char *path, size_t max, size_t *ret_n)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), err = 0;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		err = -errno;
	else if (S_ISDIR(st.st_mode))
		err = -EISDIR;
	else if (!S_ISREG(st.st_mode))
		err = -EINVAL;
	else if ((size_t)st.st_size > max)
		err = -E2BIG;
	if (err) {
		close(fd);
		return err;
	}
	*ret_n = (size_t)st.st_size;
	return fd;
}

const char *file__why(int err)
{
	return err == -EINVAL  ? "this is no regular file"
	       : err == -E2BIG ? "it is too large"
			       : strerror(-err);
}

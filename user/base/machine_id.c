// SPDX-License-Identifier: Apache-2.0
#include "base/machine_id.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"

#define FILE_MAX 4096

bool machine_id__of(const char *path, char ret[MACHINE_ID_DIGITS + 1])
{
	char text[MACHINE_ID_DIGITS];
	size_t size;
	int fd = file__open(path, FILE_MAX, &size);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));
	size_t i;

	if (fd >= 0)
		close(fd);
	if (n != (ssize_t)sizeof(text))
		return false;
	for (i = 0; i < sizeof(text); i++)
		if (!text[i] || !strchr("0123456789abcdef", text[i]))
			return false;
	memcpy(ret, text, sizeof(text));
	ret[sizeof(text)] = 0;
	return true;
}

bool machine_id__read(char ret[MACHINE_ID_DIGITS + 1])
{
	/* Process 1 is the host's, or our own container's: then both are the same file. */
	return machine_id__of("/proc/1/root/etc/machine-id", ret) ||
	       machine_id__of("/etc/machine-id", ret);
}

// SPDX-License-Identifier: Apache-2.0
#include "capture/users.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PASSWD "/etc/passwd"

static void look_again(struct users *u, const struct host_root *root)
{
	int fd = host_root__file(root, PASSWD, 0);
	struct stat st;

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 &&
	    (!u->text || st.st_ino != u->ino || st.st_mtim.tv_sec != u->changed.tv_sec ||
	     st.st_mtim.tv_nsec != u->changed.tv_nsec)) {
		free(u->text);
		u->text = host_root__text(root, PASSWD, USERS_FILE_MAX, &u->n);
		u->ino = st.st_ino;
		u->changed = st.st_mtim;
	}
	close(fd);
}

/* "name:password:uid:…" (passwd(5)) */
static bool takes(const char *line, uint32_t uid, char *ret, size_t size)
{
	const char *name_end = strpbrk(line, ":\n"), *uid_at;
	char *end;
	unsigned long v;

	uid_at = name_end && *name_end == ':' ? strpbrk(name_end + 1, ":\n") : NULL;
	if (!uid_at || *uid_at != ':' || uid_at[1] < '0' || uid_at[1] > '9')
		return false;
	v = strtoul(uid_at + 1, &end, 10);
	if (v != uid || *end != ':' || name_end == line || (size_t)(name_end - line) >= size)
		return false;
	memcpy(ret, line, (size_t)(name_end - line));
	ret[name_end - line] = 0;
	return true;
}

void users__name(struct users *u, const struct host_root *root, uint32_t uid, char *ret,
		 size_t size)
{
	const char *line, *end;

	*ret = 0;
	if (uid == UINT32_MAX)
		return;
	look_again(u, root);
	for (line = u->text; line; line = end ? end + 1 : NULL) {
		if (takes(line, uid, ret, size))
			return;
		end = strchr(line, '\n');
	}
}

void users__free(struct users *u)
{
	free(u->text);
	*u = (struct users){0};
}

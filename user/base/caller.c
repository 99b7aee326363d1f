// SPDX-License-Identifier: Apache-2.0
#include "base/caller.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

static long id_from_env(const char *name)
{
	const char *s = getenv(name);
	char *end;
	long id;

	if (!s || !*s)
		return -1;
	errno = 0;
	id = strtol(s, &end, 10);
	return errno || *end || id < 0 || id > UINT32_MAX - 1 ? -1 : id;
}

bool caller__get(uid_t *ret_uid, gid_t *ret_gid)
{
	long uid = id_from_env("SUDO_UID"), gid = id_from_env("SUDO_GID");

	if (geteuid() || uid < 0 || gid < 0)
		return false;
	*ret_uid = (uid_t)uid;
	*ret_gid = (gid_t)gid;
	return true;
}

void caller__give(int fd)
{
	uid_t uid;
	gid_t gid;

	if (caller__get(&uid, &gid) && fchown(fd, uid, gid))
		return;
}

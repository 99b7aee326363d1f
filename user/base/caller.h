/* SPDX-License-Identifier: Apache-2.0 */
/* caller.h: the user who called us by sudo, to whom commands and files that were asked for belong.
 */
#ifndef LLMSNOOP_CALLER_H
#define LLMSNOOP_CALLER_H

#include <stdbool.h>
#include <sys/types.h>

/* As SUDO_UID and SUDO_GID say. False: we are not root, or not by sudo. */
bool caller__get(uid_t *ret_uid, gid_t *ret_gid);

/* Makes a file that was just made the caller's; it stays ours where that cannot be. */
void caller__give(int fd);

#endif

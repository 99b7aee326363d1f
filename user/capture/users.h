/* SPDX-License-Identifier: Apache-2.0 */
/* users.h: names of users, from the host's /etc/passwd: nothing is asked over a network. */
#ifndef LLMSNOOP_USERS_H
#define LLMSNOOP_USERS_H

#include <stdint.h>
#include <time.h>

#include "capture/host_root.h"

#define USERS_FILE_MAX (1 << 20) /* bytes; of a longer file nothing is known */

/* The file as it was when it was last looked at. Zeroed to begin with. */
struct users {
	char *text;
	size_t n;
	uint64_t ino;
	struct timespec changed;
};

/* Takes the name of uid; "": unknown. */
void users__name(struct users *u, const struct host_root *root, uint32_t uid, char *ret,
		 size_t size);
void users__free(struct users *u);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* machine_id.h: which host this is (machine-id(5)). */
#ifndef LLMSNOOP_MACHINE_ID_H
#define LLMSNOOP_MACHINE_ID_H

#include <stdbool.h>

#define MACHINE_ID_DIGITS 32

/* The host's, also from a container that shares the host's process ids: an image has none of its
 * own, or the same everywhere. False: it is not known. */
bool machine_id__read(char ret[MACHINE_ID_DIGITS + 1]);

/* The id in the file path. False: there is none, as before a system's first start. */
bool machine_id__of(const char *path, char ret[MACHINE_ID_DIGITS + 1]);

#endif

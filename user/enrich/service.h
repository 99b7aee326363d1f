/* SPDX-License-Identifier: Apache-2.0 */
/* service.h: what a process is called by those who run it. */
#ifndef LLMSNOOP_SERVICE_H
#define LLMSNOOP_SERVICE_H

#include <stddef.h>

#define SERVICE_NAME_MAX 128

/* The basename of the executable, or of the script or module where the executable only runs such
 * (python3 /srv/rag.py: rag.py). cmdline: arguments joined by single spaces. Falls back to comm.
 * All may be "", none NULL. Cut to size with a closing NUL; "" where nothing is known. */
void service__name(const char *exe, const char *cmdline, const char *comm, char *ret_name,
		   size_t size);

#endif

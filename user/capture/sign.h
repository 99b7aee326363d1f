/* SPDX-License-Identifier: Apache-2.0 */
/* sign.h: what a file that a process has mapped tells of TLS that no probe sees into, by sure signs
 * only: the name of a library that is never called so for another reason, the kind of machine that
 * its header names. */
#ifndef LLMSNOOP_SIGN_H
#define LLMSNOOP_SIGN_H

#include <stdbool.h>

#include "base/span.h"

/* Static storage. */
struct sign {
	const char *name;   /* "jsse", for programs */
	const char *title;  /* "JSSE (Java)" */
	const char *why;    /* what keeps it from being seen */
	const char *remedy; /* what can be done */
	bool later;	    /* nothing is wrong: it loads a library that is seen once it calls */
};

/* By the last part of a path. NULL: it tells nothing. */
const struct sign *sign__of_path(const char *path);
/* By the first bytes of a file (20 are enough) that is not one that probes can be put into, on a
 * host whose own machine is EM_host. NULL: it tells nothing. */
const struct sign *sign__of_header(struct span head);

#endif

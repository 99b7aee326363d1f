/* SPDX-License-Identifier: Apache-2.0 */
/* authority.h: Host and :authority taken apart. */
#ifndef LLMSNOOP_AUTHORITY_H
#define LLMSNOOP_AUTHORITY_H

#include "base/span.h"

/* host[:port], [v6][:port] (RFC 3986, 3.2; user information is skipped). ret_host points into
 * authority, without brackets, as spelled; empty where there is none. Returns the port:
 * default_port where it names none, -1 where what it names is none or there is no host. */
int authority__split(struct span authority, int default_port, struct span *ret_host);

#endif

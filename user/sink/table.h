/* SPDX-License-Identifier: Apache-2.0 */
/* table.h: one line a call for people. */
#ifndef LLMSNOOP_SINK_TABLE_H
#define LLMSNOOP_SINK_TABLE_H

#include <stdbool.h>

#include "sink/sink.h"

struct table_config {
	int fd;	  /* borrowed; duplicated by the sink */
	bool utc; /* times in UTC instead of local time */
	unsigned int
		columns; /* width of a line; 0: the terminal's, or unlimited where fd is none */
};

/* On a terminal the header comes again with each screenful, and failures are red unless NO_COLOR
 * is set (no-color.org). -ENOMEM, or as outfile__from_fd. */
int table__open(const struct table_config *config, struct sink **ret);

#endif

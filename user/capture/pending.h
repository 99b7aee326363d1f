/* SPDX-License-Identifier: Apache-2.0 */
/* pending.h: execs and exits that were heard of. Each waits until all that was in the data ring by
 * then is taken in. */
#ifndef LLMSNOOP_PENDING_H
#define LLMSNOOP_PENDING_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

struct pending;

/* Zeroed to begin with. */
struct pending_list {
	struct pending *first, *last;
};

/* position: what the data ring had produced when e was heard of. -ENOMEM. */
int pending__add(struct pending_list *l, const struct event_process *e, uint64_t position);
/* Takes out the oldest that waits for no more than consumed; false: there is none. */
bool pending__take(struct pending_list *l, uint64_t consumed, struct event_process *ret);
/* Takes out the oldest of that process and not younger than ts_ns; false: there is none. */
bool pending__take_before(struct pending_list *l, uint32_t pid, uint64_t ts_ns,
			  struct event_process *ret);
void pending__free(struct pending_list *l);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* ids.h: trace and span ids: the application's own where the request carries them, else derived
 * from what names the call, so that a replay of the capture gives the same ones. */
#ifndef LLMSNOOP_IDS_H
#define LLMSNOOP_IDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

struct call;

/* A traceparent header (W3C Trace Context 1, section 3.2): what it says is returned, and true, only
 * where it is well-formed. */
bool ids__parse_traceparent(struct span value, uint8_t ret_trace_id[16], uint8_t ret_parent_id[8],
			    bool *ret_sampled);

/* Fills c's span id, trace id and parent: the latter two out of the request's traceparent where
 * it had one, with what that says of sampling. The numbers name the call: connection, process
 * start, its first byte's times, and which one it is of those that began at that moment on that
 * connection. */
void ids__derive(struct call *c, struct span traceparent, uint64_t conn, uint64_t start_ns,
		 uint64_t first_ns, unsigned int nth);

/* The id of the nth thing that belongs to the span of that id. */
void ids__of(const uint8_t span_id[8], uint64_t nth, uint8_t ret[8]);

#endif

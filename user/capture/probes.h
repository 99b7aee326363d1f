/* SPDX-License-Identifier: Apache-2.0 */
/* probes.h: the kernel side as user space holds it: programs, maps, and what is attached where. */
#ifndef LLMSNOOP_PROBES_H
#define LLMSNOOP_PROBES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "capture/attach.h"
#include "capture/features.h"
#include "event.h"

struct probes;

struct probes_config {
	size_t ring_bytes; /* of the data ring: a power of two and a multiple of the page size */
	bool all;	   /* every process, else only targets */
	bool follow;	   /* children of targets are targets */
	const uint16_t *plain; /* ports of plain HTTP; borrowed during probes__new */
	size_t n_plain;
};

/* Loads the programs that fit the kernel and attaches those that watch processes. On failure
 * ret_what names the step that failed (static storage). Negative errno. */
int probes__new(const struct probes_config *config, const struct features *features,
		const char **ret_what, struct probes **ret);
/* Detaches everything. NULL is fine. */
void probes__free(struct probes *p);

/* Are the first packets of QUIC and TLS connections handed over? */
bool probes__watch_hellos(const struct probes *p);

/* How this kernel's probes are attached: "uprobe session", "uprobe multi", "perf event". */
const char *probes__method(const struct probes *p);

/* Calls fn for each program there is; loaded: the method or a feature of the kernel asks for it. */
void probes__programs(const struct probes *p, void (*fn)(void *ctx, const char *name, bool loaded),
		      void *ctx);

/* As attach__points; attach__free detaches. */
int probes__attach(struct probes *p, int fd, const struct probe_point *points, size_t n, pid_t pid,
		   unsigned int *ret_refused, struct attachment **ret);

/* Marks a process as traced (true), or as never to be traced (false). */
int probes__target(struct probes *p, uint32_t tgid, bool trace);
int probes__untarget(struct probes *p, uint32_t tgid);

typedef int (*probes_event_fn)(void *ctx, const struct event_header *h, size_t size);

/* Hands over all that waits in a ring; the data ring's next wake-up is armed again. Returns how
 * many records, or what the callback returned if negative. */
int probes__consume_data(struct probes *p, probes_event_fn fn, void *ctx);
int probes__consume_control(struct probes *p, probes_event_fn fn, void *ctx);

/* Byte positions in the data ring since its beginning: what was reserved, and what was handed
 * over. A record that is still being filled holds up those behind it. */
uint64_t probes__data_produced(const struct probes *p);
uint64_t probes__data_consumed(const struct probes *p);

/* Readable when control events wait, or when the data ring is a quarter full. */
int probes__control_fd(const struct probes *p);
int probes__data_fd(const struct probes *p);

/* Counters, summed over all CPUs. */
int probes__counters(struct probes *p, uint64_t ret[COUNT_MAX]);

/* The mapped verdict slots (VERDICT_SLOTS of them), to be written by the caller. */
struct verdict *probes__verdicts(struct probes *p);

#endif

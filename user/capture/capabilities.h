/* SPDX-License-Identifier: Apache-2.0 */
/* capabilities.h: which of capabilities(7) tracing uses, and what each is for. */
#ifndef LLMSNOOP_CAPABILITIES_H
#define LLMSNOOP_CAPABILITIES_H

#include <stdbool.h>
#include <stdint.h>

/* Later than some of the headers that this is built with (linux/capability.h: 5.8, 5.9). */
#define CAPABILITY_PERFMON 38
#define CAPABILITY_BPF 39
#define CAPABILITY_CHECKPOINT_RESTORE 40

struct capability {
	unsigned int number;
	const char *name;     /* "CAP_BPF" */
	const char *used_for; /* for people */
	const char *without;  /* what happens then */
	bool needed;	      /* nothing can be traced without */
};

extern const struct capability capability_table[];
extern const unsigned int capability_n;

/* The effective set of this thread: bit n is capability n. */
uint64_t capabilities__effective(void);
/* CAP_SYS_ADMIN stands for those that were split off it. */
bool capabilities__allow(uint64_t effective, unsigned int number);

#endif

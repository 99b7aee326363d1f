/* SPDX-License-Identifier: Apache-2.0 */
/* report.h: what doctor found, as it is shown and written. Strings are the report's own (its
 * arena) or static; "" and NULL are unknown. */
#ifndef LLMSNOOP_DOCTOR_REPORT_H
#define LLMSNOOP_DOCTOR_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "capture/capture.h"
#include "capture/targets.h"
#include "doctor/hits.h"
#include "doctor/host.h"

#define REPORT_STACKS_MAX 16	/* of one process */
#define REPORT_BYTES (64 << 20) /* the most that a report may take */
#define REPORT_HIDDEN_MAX 64	/* pids told of processes that cannot be looked into */

/* From good to bad. */
enum verdict_of {
	VERDICT_SEEN,	    /* it was */
	VERDICT_WHEN_CALLS, /* it will be as soon as it calls */
	VERDICT_PARTLY,	    /* some of it */
	VERDICT_NOT_SEEN,
	VERDICT_N,
};

struct report_stack {
	const char *name, *title; /* "openssl", "OpenSSL" */
	const char *version;
	const char *path;  /* "": none, for plain HTTP */
	const char *state; /* "deleted", "replaced"; NULL: the path still leads to the file */
	const char *locator;
	bool in_executable;
	const struct located *located; /* NULL: known by a sign, or plain HTTP */
	bool promised;		       /* by a sign: it will load what can be seen */
	enum verdict_of verdict;
	const char *why, *remedy; /* why not; NULL: seen */
	bool counted;		  /* calls and bytes are known */
	uint64_t calls, bytes;
};

struct report_process {
	uint32_t pid, uid;
	const char *comm, *exe, *container_id, *unit;
	struct report_stack *stacks;
	unsigned int n_stacks;
	unsigned int tls_connections;	/* to port 443 */
	unsigned int model_connections; /* to the ports of local model servers, on this host */
	uint64_t llm_calls;
	enum verdict_of verdict;
	const char *why, *remedy; /* where it is about the process, not one stack */
	struct report_process *next;
};

struct report {
	struct host host;
	const char *version; /* of llmsnoop */
	uint64_t time_ns;    /* CLOCK_REALTIME */
	uint64_t watched_ns; /* 0: nothing was attached */
	struct arena arena;
	struct arena_budget budget;
	struct report_process *processes;   /* by pid */
	unsigned int n_processes, n_looked; /* those with TLS; all that were looked at */
	unsigned int of[VERDICT_N];
	uint32_t hidden[REPORT_HIDDEN_MAX]; /* that could not be looked into */
	unsigned int n_hidden;
	bool cut; /* no memory for all of it */
};

const char *verdict__name(enum verdict_of v); /* "seen", "seen when it calls", … */

void report__init(struct report *r);
void report__free(struct report *r);

/* Begins a process; its stacks and connections follow. NULL: no memory (cut is set). */
struct report_process *report__begin(struct report *r, const struct process *facts);
/* A file with TLS that it maps. */
void report__file(struct report *r, struct report_process *p, const struct target *t,
		  const struct hits *hits);
/* Plain HTTP, where the process has connections to model servers or was heard to speak it. */
void report__plain(struct report *r, struct report_process *p, const struct hits *hits);
/* Judges the process and keeps it, if there is anything to say of it (named: in any case). denied:
 * its mappings could not be read. */
void report__end(struct report *r, struct report_process *p, bool named, bool denied);

/* 0: all is seen; 1: something is not; 3: nothing can be traced. */
int report__status(const struct report *r);

/* For people, at most columns wide (0: any); appended to out. sites: the probes, too. -E2BIG,
 * -ENOMEM. */
int report__text(struct buf *out, const struct report *r, unsigned int columns, bool colour,
		 bool sites);
/* One JSON document (docs/doctor.schema.json) with a line feed behind it. */
int report__json(struct buf *out, const struct report *r);

#endif

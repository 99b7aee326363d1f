/* SPDX-License-Identifier: Apache-2.0 */
/* export.h: sends encoded batches to OTLP/HTTP endpoints (opentelemetry-proto,
 * docs/specification.md "OTLP/HTTP"). A thread of its own does it: who hands a batch over never
 * waits. What cannot be sent now waits in a queue that is bounded in bytes, and is tried again;
 * when the queue is full the newest batch is dropped. All drops are counted, by reason. */
#ifndef LLMSNOOP_OTLP_EXPORT_H
#define LLMSNOOP_OTLP_EXPORT_H

#include "base/limits.h"
#include "base/span.h"
#include "call/record.h"
#include "sink/otlp/config.h"

struct otlp_signal_stats {
	uint64_t sent;			  /* items that were taken */
	uint64_t dropped[N_EXPORT_DROPS]; /* items */
	uint64_t requests;		  /* answered with success */
	uint64_t failures;		  /* attempts that failed, whether or not tried again */
	uint64_t retries;		  /* attempts after a batch's first */
	uint64_t waiting_items, waiting_bytes;
	bool failing; /* the last attempt failed */
};

struct otlp_stats {
	struct otlp_signal_stats signals[N_OTLP_SIGNALS];
};

struct otlp_export;

/* Nothing is sent, and no thread runs, before the first batch. config and limits outlive it.
 * -ENOMEM, -EIO: libcurl cannot be set up. */
int otlp_export__new(const struct otlp_config *config, const struct limits *lim,
		     struct otlp_export **ret);

/* Takes an encoded Export…ServiceRequest that holds n items; the bytes are copied. Never blocks.
 * What is not taken has been counted as dropped: -ENOBUFS the queue is full, -E2BIG it never fits,
 * -ENOMEM, -ENOENT the signal is not enabled (that is not counted). */
int otlp_export__put(struct otlp_export *x, enum otlp_signal signal, struct span body,
		     unsigned int n_items);

/* Counts n items that came to no request, since there was no memory for one. */
void otlp_export__lost(struct otlp_export *x, enum otlp_signal signal, unsigned int n_items);

/* For who is not in a hurry (replay): waits until there is room for a batch of so many bytes, for
 * timeout_ns at most, and not for a collector that fails. */
void otlp_export__wait(struct otlp_export *x, enum otlp_signal signal, size_t n_bytes,
		       uint64_t timeout_ns);

void otlp_export__stats(struct otlp_export *x, struct otlp_stats *ret);

/* Logs what has changed since the last time: an endpoint that fails, and its recovery. For the
 * thread that logs; about once a second. */
void otlp_export__say(struct otlp_export *x);

/* Sends what waits, for timeout_ns at most, logs what had to be dropped, and frees. ret: the last
 * stats, may be NULL. NULL x is fine. */
void otlp_export__flush_free(struct otlp_export *x, uint64_t timeout_ns, struct otlp_stats *ret);

#endif

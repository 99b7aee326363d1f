/* SPDX-License-Identifier: Apache-2.0 */
/* sender.h: one signal's way out: its connection, the attempt under way, and what came of it. For
 * the exporter's thread. */
#ifndef LLMSNOOP_OTLP_SENDER_H
#define LLMSNOOP_OTLP_SENDER_H

#include "base/buf.h"
#include "sink/otlp/outcome.h"
#include "sink/otlp/queue.h"

struct otlp_sender {
	const struct otlp_target *target;
	const struct limits *lim;
	char *where; /* its URL as it may be shown */
	CURL *easy;
	struct curl_slist *plain, *gzip; /* headers; gzip are those of plain and one more */
	/* of this attempt */
	struct buf answer;
	size_t head_bytes; /* of the answer */
	bool too_large, is_protobuf;
	unsigned int retry_after_ms; /* 0: not said */
	char error[CURL_ERROR_SIZE];
};

/* s is zeroed or freed. -ENOMEM, -EIO: libcurl does not take it. */
int otlp_sender__init(struct otlp_sender *s, const struct otlp_target *target,
		      const struct limits *lim);
void otlp_sender__free(struct otlp_sender *s);

/* Readies s->easy to send b, which stays where it is until that is done. */
void otlp_sender__begin(struct otlp_sender *s, const struct otlp_batch *b, uint64_t timeout_ms);

struct otlp_result {
	enum otlp_fate fate;
	enum export_drop reason; /* OTLP_LOST */
	uint64_t rejected;	 /* OTLP_TAKEN: items that were not */
	unsigned int retry_after_ms;
	long kind;	/* otlp_outcome__kind; 0: there is nothing to say */
	char text[768]; /* what is to be said, without credentials */
};

/* The attempt has ended. */
void otlp_sender__end(struct otlp_sender *s, CURLcode code, struct otlp_result *ret);

#endif

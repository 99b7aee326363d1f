/* SPDX-License-Identifier: Apache-2.0 */
/* outcome.h: what became of an attempt to send, what that means for the batch, and how to say it.
 */
#ifndef LLMSNOOP_OTLP_OUTCOME_H
#define LLMSNOOP_OTLP_OUTCOME_H

#include <curl/curl.h>

#include "sink/otlp/export.h"

enum otlp_fate {
	OTLP_TAKEN,
	OTLP_AGAIN, /* to be sent again: nobody has said that it was taken */
	OTLP_LOST,  /* it would be refused again */
};

struct otlp_attempt {
	CURLcode code;
	long status;	   /* of HTTP; 0: there was no answer */
	bool too_large;	   /* the answer exceeds what is read of it */
	const char *said;  /* by the other end, or by TLS; "": nothing */
	const char *where; /* the URL as it may be shown */
};

/* ret_reason is set where the fate is OTLP_LOST. */
enum otlp_fate otlp_outcome__fate(const struct otlp_attempt *a, enum export_drop *ret_reason);

/* A number that is the same for outcomes of which one warning is enough. */
long otlp_outcome__kind(const struct otlp_attempt *a);

/* What failed, where, and what to do about it. */
void otlp_outcome__text(const struct otlp_attempt *a, char *ret, size_t size);

#endif

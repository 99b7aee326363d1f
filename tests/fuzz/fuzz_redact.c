// SPDX-License-Identifier: Apache-2.0
/* Any text under masks, all of them if the first byte is odd: twice is the same as once, what was
 * hidden is counted, and nothing grows beyond what its masks take. */
#include <stdlib.h>

#include "enrich/redact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct redact *masks(const char *rules)
{
	struct redact *r;
	char why[100];

	if (redact__new(rules, &r, why, sizeof(why)))
		abort();
	return r;
}

static unsigned int sum(const uint32_t counts[N_SECRETS])
{
	unsigned int n = 0;
	int i;

	for (i = 0; i < N_SECRETS; i++)
		n += counts[i];
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct redact *standard, *all;
	uint32_t once[N_SECRETS] = {0}, twice[N_SECRETS] = {0};
	struct redact *r;
	struct buf a, b;
	uint8_t *copy;

	if (!standard)
		standard = masks(NULL), all = masks("standard,ip,ssn");
	if (!n)
		return 0;
	r = *data & 1 ? all : standard;
	copy = malloc(n - 1 ? n - 1 : 1);
	memcpy(copy, data + 1, n - 1);
	buf__init(&a, 1 << 20);
	buf__init(&b, 1 << 20);
	if (redact__text(r, span(copy, n - 1), &a, once) ||
	    redact__text(r, buf__span(&a), &b, twice))
		abort();
	if (!span_eq(buf__span(&a), buf__span(&b)) || sum(twice))
		abort();
	if (!sum(once) && !span_eq(buf__span(&a), span(copy, n - 1)))
		abort();
	/* The shortest of things is an address of three bytes. */
	if (a.n > 2 * n + 16)
		abort();
	buf__free(&a);
	buf__free(&b);
	free(copy);
	return 0;
}

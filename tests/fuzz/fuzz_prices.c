// SPDX-License-Identifier: Apache-2.0
/* Any bytes as a list of prices: read or refused with a reason, and whatever it says, no call costs
 * less than nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "enrich/prices.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void ask(struct prices *p, const char *provider, const char *model)
{
	struct price_query q = {.provider = provider, .model = model, .time_s = 1790000000};
	struct usage u = usage_unknown;
	struct price price;

	u.input = 1000;
	u.output = 100;
	u.cache_read = 10;
	for (int batch = 0; batch < 2; batch++) {
		q.batch = batch;
		if (prices__find(p, &q, &price) && cost__of(&price, &u) < -1)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	int fd = memfd_create("prices", MFD_CLOEXEC);
	char path[32], error[128] = "";
	struct prices *p;

	if (fd < 0 || write(fd, data, n) != (ssize_t)n)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (prices__load(path, error, sizeof(error), &p)) {
		if (!*error)
			abort();
	} else {
		ask(p, "openai", "gpt-4o");
		ask(p, "aws.bedrock", "m");
		prices__free(p);
	}
	close(fd);
	return 0;
}

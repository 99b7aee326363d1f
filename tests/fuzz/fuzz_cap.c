// SPDX-License-Identifier: Apache-2.0
/* The capture file reader on any bytes. The first byte picks whether sums are put right first, so
 * that what lies behind them is reached as well. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "capture/cap.h"
#include "capture/cap_read.h"
#include "capture/scrub.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static volatile size_t sum; /* makes sure that everything is really read */

static void on_process(void *ctx, const struct process *p)
{
	struct process texts = *p;
	char *copy = strdup(p->cmdline);

	for (size_t i = 0; i < N_PROCESS_TEXTS; i++)
		sum += strlen(*process__text(&texts, i));

	scrub__cmdline(copy);
	free(copy);
}

static void on_data(void *ctx, const struct capture_data *d)
{
	uint8_t *out = malloc(d->bytes.n + 1);

	scrub__data(ctx, d, out);
	for (size_t i = 0; i < d->bytes.n; i++)
		sum += out[i];
	free(out);
}

static void mend(uint8_t *p, size_t n)
{
	size_t at = CAP_HEAD_BYTES, len;
	uint32_t crc;

	if (n < at)
		return;
	memcpy(p, CAP_MAGIC, 8);
	memcpy(p + 8, "\1\0\0\0\x4d\x3c\x2b\x1a", 8);
	crc = crc32(0, p, 16);
	memcpy(p + 16, &crc, 4);
	while (n - at >= CAP_RECORD_HEAD + CAP_RECORD_TAIL) {
		p[at + 6] = p[at + 7] = 0;
		crc = crc32(0, p + at, 8);
		memcpy(p + at + 8, &crc, 4);
		len = p[at + 4] | p[at + 5] << 8;
		if (len > n - at - CAP_RECORD_HEAD - CAP_RECORD_TAIL)
			return;
		at += CAP_RECORD_HEAD;
		crc = crc32(0, p + at, len);
		memcpy(p + at + len, &crc, 4);
		at += len + CAP_RECORD_TAIL;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const struct capture_ops ops = {.process = on_process, .data = on_data};
	char path[64];
	struct cap_error error;
	struct scrub *scrub;
	struct cap_read *r;
	uint8_t *copy;
	int fd;

	if (!n || scrub__new(4, &scrub))
		return 0;
	copy = malloc(n);
	memcpy(copy, p + 1, n - 1);
	if (*p & 1)
		mend(copy, n - 1);
	fd = memfd_create("fuzz", 0);
	if (write(fd, copy, n - 1) == (ssize_t)n - 1) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		if (!cap_read__open(path, &r, &error)) {
			while (cap_read__next(r, &ops, scrub, &error) > 0)
				;
			cap_read__free(r);
		}
	}
	close(fd);
	free(copy);
	scrub__free(scrub);
	return 0;
}

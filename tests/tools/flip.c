// SPDX-License-Identifier: Apache-2.0
/* flip PID MS: puts the probes into PID and its descendants, takes them away MS milliseconds later,
 * and so on until stdin ends. What a tracer does that is started and ended all the time, without
 * the second that loading takes. Then prints
 *   FLIPPED attached=N events=N
 * how many times a process had probes, and how many events came of them. */
#include <err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "capture/features.h"
#include "capture/probes.h"
#include "capture/proc.h"
#include "capture/targets.h"

#define STEP_MS 20
#define PIDS_MAX 4096

static unsigned long attached, events;
static uint32_t on[PIDS_MAX];
static int n_on;

static int take(void *ctx, const struct event_header *h, size_t size)
{
	events++;
	return 0;
}

static bool ended(int ms)
{
	struct pollfd in = {.fd = 0, .events = POLLIN};

	return poll(&in, 1, ms) > 0;
}

static void attach(struct probes *p, struct targets *t, uint32_t root)
{
	uint32_t *pids = NULL;
	int n = proc__family("/proc", root, &pids);

	for (int i = 0; i < n; i++) {
		int k;

		for (k = 0; k < n_on && on[k] != pids[i]; k++)
			;
		if (k < n_on || n_on == PIDS_MAX)
			continue;
		probes__target(p, pids[i], true);
		if (targets__scan(t, pids[i]) > 0) {
			on[n_on++] = pids[i];
			attached++;
		}
	}
	free(pids);
}

static void detach(struct targets *t)
{
	while (n_on)
		targets__gone(t, on[--n_on]);
}

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int main(int argc, char **argv)
{
	const struct probes_config pc = {.ring_bytes = 1 << 24, .follow = true};
	struct targets_config tc = {.per_pid = true};
	const char *what = "";
	struct features features;
	struct probes *p;
	struct targets *t;
	uint32_t root = argc == 3 ? (uint32_t)atoi(argv[1]) : 0;
	int ms = argc == 3 ? atoi(argv[2]) : 0;
	bool over = false;

	if (!root || ms <= 0)
		errx(2, "flip PID MS");
	features__probe(&features);
	tc.plan.want_rets = features.return_probes_kill;
	if (probes__new(&pc, &features, &what, &p))
		errx(1, "%s", what);
	if (targets__new(p, &tc, &t))
		errx(1, "targets");
	probes__target(p, root, true);
	puts("flipping");
	fflush(stdout);
	for (bool up = true; !over; up = !up) {
		long end = now_ms() + ms;

		while (!over && now_ms() < end) {
			/* Those that start meanwhile get theirs, too. */
			if (up)
				attach(p, t, root);
			probes__consume_data(p, take, NULL);
			probes__consume_control(p, take, NULL);
			over = ended(STEP_MS);
		}
		detach(t);
	}
	printf("FLIPPED attached=%lu events=%lu\n", attached, events);
	targets__free(t);
	probes__free(p);
	return 0;
}

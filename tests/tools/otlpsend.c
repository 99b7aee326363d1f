// SPDX-License-Identifier: Apache-2.0
/* The exporter alone, configured by the environment and driven by standard input:
 *   put SIGNAL ITEMS BYTES\n<body>   hands a batch over
 *   sleep MS                         does nothing for so long
 *   stats                            prints a JSON line
 *   fork                             lists the descriptors that a program started now inherits
 * -w: waits for room before it hands over. At the end of input it flushes for -f MS (5000) and
 * prints the last statistics. -u URL: --otlp.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "sink/otlp/env.h"
#include "sink/otlp/export.h"

static void warn(void *ctx, const char *text)
{
	log__warn("%s", text);
}

static void put_stats(const struct otlp_stats *all, double put_max_s)
{
	const struct otlp_signal_stats *st;
	int i, j;

	printf("{\"put_max_s\":%.6f", put_max_s);
	for (i = 0; i < N_OTLP_SIGNALS; i++) {
		st = &all->signals[i];
		printf(",\"%s\":{\"sent\":%" PRIu64 ",\"requests\":%" PRIu64
		       ",\"failures\":%" PRIu64 ",\"retries\":%" PRIu64
		       ",\"waiting_items\":%" PRIu64 ",\"waiting_bytes\":%" PRIu64
		       ",\"failing\":%d",
		       otlp_signal__name((enum otlp_signal)i), st->sent, st->requests, st->failures,
		       st->retries, st->waiting_items, st->waiting_bytes, st->failing);
		for (j = 0; j < N_EXPORT_DROPS; j++)
			printf(",\"%s\":%" PRIu64, export_drop_names[j], st->dropped[j]);
		printf("}");
	}
	printf("}\n");
	fflush(stdout);
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool patient;

static void put(struct otlp_export *x, const char *signal, unsigned int items, size_t n,
		double *max_s)
{
	uint8_t *body = malloc(n + 1);
	double began, took;
	int i;

	if (!body || fread(body, 1, n, stdin) != n)
		exit(2);
	for (i = 0; i < N_OTLP_SIGNALS; i++) {
		if (strcmp(signal, otlp_signal__name((enum otlp_signal)i)))
			continue;
		if (patient)
			otlp_export__wait(x, (enum otlp_signal)i, n, 30000000000ULL);
		began = now_s();
		otlp_export__put(x, (enum otlp_signal)i, span(body, n), items);
		took = now_s() - began;
		*max_s = took > *max_s ? took : *max_s;
	}
	free(body);
}

static void list_inherited(void)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		execlp("ls", "ls", "-l", "/proc/self/fd", (char *)NULL);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
	printf("END\n");
	fflush(stdout);
}

static void obey(struct otlp_export *x)
{
	char line[128], word[16], signal[16];
	unsigned int items, ms;
	struct otlp_stats st;
	double max_s = 0;
	size_t n;

	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "%15s", word) != 1)
			continue;
		if (sscanf(line, "put %15s %u %zu", signal, &items, &n) == 3) {
			put(x, signal, items, n, &max_s);
		} else if (sscanf(line, "sleep %u", &ms) == 1) {
			usleep(ms * 1000);
		} else if (!strcmp(word, "stats")) {
			otlp_export__stats(x, &st);
			put_stats(&st, max_s);
			max_s = 0;
		} else if (!strcmp(word, "fork")) {
			list_inherited();
		}
		otlp_export__say(x);
	}
}

int main(int argc, char **argv)
{
	struct otlp_env env = {.environment = otlp_source_environment, .warn = warn};
	struct otlp_export *x;
	struct otlp_config c;
	struct otlp_stats st;
	unsigned long flush_ms = 5000;
	int opt;

	while ((opt = getopt(argc, argv, "f:u:w")) != -1) {
		if (opt == 'f')
			flush_ms = strtoul(optarg, NULL, 10);
		else if (opt == 'w')
			patient = true;
		else
			env.endpoint = optarg;
	}
	if (otlp_env__read(&env, &c) || otlp_export__new(&c, &limits_default, &x))
		return 2;
	obey(x);
	otlp_export__flush_free(x, flush_ms * 1000000ULL, &st);
	put_stats(&st, 0);
	otlp_config__free(&c);
	return 0;
}

// SPDX-License-Identifier: Apache-2.0
/* What Prometheus' own clients say of the process they are in. */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sink/prometheus_text.h"

/* Fields of /proc/PID/stat behind the command's name (proc(5)), counted from the third. */
#define STAT_UTIME 11
#define STAT_STIME 12
#define STAT_START 19
#define STAT_VSIZE 20
#define STAT_RSS 21
#define STAT_FIELDS 22

struct facts {
	double cpu_s, rss_bytes, vsize_bytes, start_s, fds, max_fds; /* NAN: unknown */
};

static size_t slurp(const char *path, char *ret, size_t n)
{
	FILE *f = fopen(path, "re");
	size_t got = f ? fread(ret, 1, n - 1, f) : 0;

	if (f)
		fclose(f);
	ret[got] = 0;
	return got;
}

/* CLOCK_REALTIME at boot, in seconds; NAN. */
static double boot_time(void)
{
	char line[256];
	FILE *f = fopen("/proc/stat", "re");
	double s = NAN;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "btime %lf", &s) == 1)
			break;
	if (f)
		fclose(f);
	return s;
}

static void read_stat(struct facts *f)
{
	double v[STAT_FIELDS], hz = (double)sysconf(_SC_CLK_TCK);
	char text[2048], *at, *end;
	unsigned int i;

	slurp("/proc/self/stat", text, sizeof(text));
	at = strrchr(text, ')');
	if (!at || strlen(at) < 4)
		return;
	at += 3; /* ") S": the state is no number */
	for (i = 1; i < STAT_FIELDS; i++) {
		v[i] = strtod(at, &end);
		if (end == at)
			return;
		at = end;
	}
	f->cpu_s = (v[STAT_UTIME] + v[STAT_STIME]) / hz;
	f->start_s = boot_time() + v[STAT_START] / hz;
	f->vsize_bytes = v[STAT_VSIZE];
	f->rss_bytes = v[STAT_RSS] * (double)sysconf(_SC_PAGESIZE);
}

static void read_fds(struct facts *f)
{
	DIR *d = opendir("/proc/self/fd");
	struct rlimit limit;
	unsigned int n = 0;

	if (d) {
		while (readdir(d))
			n++;
		closedir(d);
		f->fds = n - 3; /* ".", "..", and the directory itself */
	}
	if (!getrlimit(RLIMIT_NOFILE, &limit))
		f->max_fds = limit.rlim_cur == RLIM_INFINITY ? INFINITY : (double)limit.rlim_cur;
}

static int put_build(struct buf *out, enum prometheus_format format)
{
	char text[256];
	int err = prometheus_text__head(out, format, "llmsnoop_build_info", "", METRIC_GAUGE,
					"1, and the version that runs");

	snprintf(text, sizeof(text), "llmsnoop_build_info{version=\"%s\"} 1\n", LLMSNOOP_VERSION);
	return err ? err : buf__add(out, span_str(text));
}

int prometheus_text__process(struct buf *out, enum prometheus_format format)
{
	struct facts f = {NAN, NAN, NAN, NAN, NAN, NAN};
	const struct {
		const char *name, *unit;
		enum metric_kind kind;
		const double *v;
		const char *help;
	} all[] = {
		{"process_cpu_seconds", "s", METRIC_COUNTER, &f.cpu_s, "CPU time used"},
		{"process_resident_memory_bytes", "By", METRIC_GAUGE, &f.rss_bytes,
		 "Memory that is resident"},
		{"process_virtual_memory_bytes", "By", METRIC_GAUGE, &f.vsize_bytes,
		 "Size of the address space"},
		{"process_start_time_seconds", "s", METRIC_GAUGE, &f.start_s,
		 "When the process began, since 1970"},
		{"process_open_fds", "", METRIC_GAUGE, &f.fds, "File descriptors in use"},
		{"process_max_fds", "", METRIC_GAUGE, &f.max_fds, "File descriptors allowed"},
	};
	int err = put_build(out, format);
	size_t i;

	read_stat(&f);
	read_fds(&f);
	for (i = 0; i < sizeof(all) / sizeof(all[0]) && !err; i++) {
		if (isnan(*all[i].v))
			continue;
		err = prometheus_text__head(out, format, all[i].name, all[i].unit, all[i].kind,
					    all[i].help);
		if (!err)
			err = prometheus_text__value(out, all[i].name, all[i].kind, *all[i].v);
	}
	return err;
}

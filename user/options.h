/* SPDX-License-Identifier: Apache-2.0 */
/* options.h: the command line. */
#ifndef LLMSNOOP_OPTIONS_H
#define LLMSNOOP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "call/filter.h"
#include "capture/offset.h"
#include "sink/semconv.h"
#include "content/content.h"

#define OPTIONS_PIDS_MAX 256
#define OPTIONS_OFFSETS_MAX 16

#define OPTIONS_PLAIN_MAX 64

#define OPTIONS_DEFS_MAX 96 /* lines of the table of options */

#define EXIT_USAGE 2
/* Ollama, vLLM, LM Studio, llama.cpp. */
#define PLAIN_DEFAULT "11434,8000,1234,8080"

enum output_format {
	FORMAT_AUTO, /* a table on a terminal, else JSON lines */
	FORMAT_TABLE,
	FORMAT_JSONL,
};

/* Where a server is to be found. */
struct listen_address {
	char address[46]; /* IPv4 or IPv6, numeric */
	uint16_t port;
};

struct config;
struct otlp_profile;

/* What the user asked for. Strings point into argv or into config. */
struct options {
	uint32_t pids[OPTIONS_PIDS_MAX];
	unsigned int n_pids;
	bool no_follow;
	uint16_t plain[OPTIONS_PLAIN_MAX]; /* ports of plain HTTP */
	unsigned int n_plain;
	struct filter filter; /* -c -u --cgroup --pod -m --host -x --slow --role */
	bool role_given;      /* filter.role was said, not defaulted */
	size_t ring_bytes;    /* 0: the default */
	struct offset_rule offsets[OPTIONS_OFFSETS_MAX];
	unsigned int n_offsets;
	uint64_t duration_ns; /* 0: until interrupted */
	uint64_t count;	      /* 0: any number */
	enum output_format format;
	const char *out;	       /* -o; NULL: none */
	struct listen_address metrics; /* port 0: no metrics are served */
	unsigned int metrics_labels;   /* enum metrics_option */
	const char *prices;	       /* NULL: the built-in list */
	enum content_mode content;
	const char *redact;			 /* NULL: the standard masks */
	double sample_percent;			 /* negative: all */
	const char *cap_out;			 /* -w */
	const char *cap_in;			 /* -r */
	const char *otlp;			 /* base URL; NULL: as the environment says */
	const struct otlp_profile *otlp_profile; /* NULL: plain OTLP */
	enum semconv semconv;
	const char *host_root; /* NULL: found out */
	const char *config_path;
	struct config *config; /* NULL: none; sections that others read are in it */
	bool check_config;     /* that is all that is to be done */
	bool raw, list, utc, quiet, estimate;
	unsigned int verbose;
	char *const *command; /* NULL: none; else ends with a NULL */
};

/* Reads argv (argv[argc] is NULL) into *ret. Returns -1: go on; or the exit status with which the
 * program is to end: 0 after --help or -V (written to standard output), EXIT_USAGE after a message
 * that says what is wrong, where, and what would be right (written to standard error). */
int options__parse(int argc, char **argv, struct options *ret);

/* Is this output (-o, -w) standard output, spelled as a path? NULL: no. */
bool options__is_stdout(const char *path);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* options_table.h: every option of the command line and of the configuration file, as one table. */
#ifndef LLMSNOOP_OPTIONS_TABLE_H
#define LLMSNOOP_OPTIONS_TABLE_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

#include "options.h"

/* Keys of options without a letter. */
enum {
	KEY_CGROUP = 256,
	KEY_POD,
	KEY_HOST_ROOT,
	KEY_HOST,
	KEY_ROLE,
	KEY_NO_FOLLOW,
	KEY_PLAIN,
	KEY_RING,
	KEY_SLOW,
	KEY_FORMAT,
	KEY_LIST,
	KEY_UTC,
	KEY_ESTIMATE,
	KEY_PRICES,
	KEY_METRICS,
	KEY_METRICS_LABELS,
	KEY_RAW,
	KEY_OFFSET,
	KEY_CONFIG,
	KEY_CHECK_CONFIG,
	KEY_OTLP,
	KEY_OTLP_PROFILE,
	KEY_SEMCONV,
	KEY_CONTENT,
	KEY_REDACT,
	KEY_SAMPLE,
	KEY_COMMAND, /* what follows "--" */
};

struct option_def {
	struct argp_option argp; /* name, key, argument, flags, help, group */
	const char *(*take)(struct options *o, const char *text, size_t at);
	size_t at; /* of the destination in struct options */
	bool once; /* of the command line alone: has no place in a configuration file */
};

extern const struct option_def option_defs[];
extern const size_t n_option_defs;

/* Which options cannot stand together, and which need another. */
struct option_rule {
	int key;
	int other;
	bool needs; /* key makes sense only with other; else: never with it */
};

extern const struct option_rule option_rules[];
extern const size_t n_option_rules;

#endif

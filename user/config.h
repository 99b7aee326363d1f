/* SPDX-License-Identifier: Apache-2.0 */
/* config.h: the configuration file: INI, read by inih. Keys before any section are the long names
 * of options; sections belong to those who ask for them. */
#ifndef LLMSNOOP_CONFIG_H
#define LLMSNOOP_CONFIG_H

#include <stddef.h>

#define CONFIG_FILE_MAX (1 << 20) /* bytes */

struct config;

struct config_entry {
	const char *section; /* "": before any */
	const char *key, *value;
	unsigned int line; /* from 1 */
};

/* Reads path. A line that is indented goes on with the key above it: one more entry of that key.
 * On failure ret_error says file, line, and what is wrong there (at most size bytes): -EINVAL,
 * -E2BIG, -ENOMEM, or what the file system said. */
int config__load(const char *path, char *ret_error, size_t size, struct config **ret);
void config__free(struct config *c); /* NULL is fine */

/* The path as it was given; lives as long as c. */
const char *config__path(const struct config *c);

/* The entry of that section after one (NULL: the first), in the order of the file; NULL: there is
 * no more, or c is NULL. Lives as long as c. */
const struct config_entry *config__next(const struct config *c, const char *section,
					const struct config_entry *after);

#endif

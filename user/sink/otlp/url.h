/* SPDX-License-Identifier: Apache-2.0 */
/* url.h: endpoints. */
#ifndef LLMSNOOP_OTLP_URL_H
#define LLMSNOOP_OTLP_URL_H

#include "sink/otlp/config.h"

/* Checks an http or https URL and writes it in full. path: what is appended to its path, with one
 * slash between ("v1/traces"); NULL: the URL is used as it is. To be freed. -EINVAL, -ENOMEM. */
int otlp_url__make(const char *text, const char *path, char **ret);

/* A URL without what may be secret in it, user, password and query, for people; to be freed. NULL:
 * no memory, or no URL. */
char *otlp_url__shown(const char *url);

/* Its port, by its scheme where it names none; 0: no URL. */
unsigned int otlp_url__port(const char *url);

#endif

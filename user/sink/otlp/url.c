// SPDX-License-Identifier: Apache-2.0
#include "sink/otlp/url.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

/* Without a scheme curl would guess; the specification wants one. */
static int parse(const char *text, CURLU **ret)
{
	CURLU *u = curl_url();
	char *part = NULL;
	int err = -EINVAL;

	if (!u)
		return -ENOMEM;
	if (!curl_url_set(u, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) &&
	    !curl_url_get(u, CURLUPART_SCHEME, &part, 0) &&
	    (!strcasecmp(part, "http") || !strcasecmp(part, "https"))) {
		curl_free(part);
		part = NULL;
		if (!curl_url_get(u, CURLUPART_HOST, &part, 0) && *part)
			err = 0;
	}
	curl_free(part);
	if (err) {
		curl_url_cleanup(u);
		return err;
	}
	*ret = u;
	return 0;
}

static int append(CURLU *u, const char *path)
{
	char *old = NULL, *whole;
	size_t n;
	int err;

	if (curl_url_get(u, CURLUPART_PATH, &old, 0))
		return -EINVAL;
	for (n = strlen(old); n && old[n - 1] == '/'; n--)
		;
	err = asprintf(&whole, "%.*s/%s", (int)n, old, path) < 0 ? -ENOMEM : 0;
	curl_free(old);
	if (err)
		return err;
	err = curl_url_set(u, CURLUPART_PATH, whole, 0) ? -EINVAL : 0;
	free(whole);
	return err;
}

/* The URL as text that free(3) frees. */
static int text_of(CURLU *u, char **ret)
{
	char *text = NULL;

	if (curl_url_get(u, CURLUPART_URL, &text, 0))
		return -EINVAL;
	*ret = strdup(text);
	curl_free(text);
	return *ret ? 0 : -ENOMEM;
}

int otlp_url__make(const char *text, const char *path, char **ret)
{
	CURLU *u;
	int err = parse(text, &u);

	if (err)
		return err;
	curl_url_set(u, CURLUPART_FRAGMENT, NULL, 0);
	err = path ? append(u, path) : 0;
	if (!err)
		err = text_of(u, ret);
	curl_url_cleanup(u);
	return err;
}

char *otlp_url__shown(const char *url)
{
	static const CURLUPart secret[] = {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_OPTIONS,
					   CURLUPART_QUERY, CURLUPART_FRAGMENT};
	char *text = NULL;
	CURLU *u;
	size_t i;

	if (parse(url, &u))
		return NULL;
	for (i = 0; i < sizeof(secret) / sizeof(secret[0]); i++)
		curl_url_set(u, secret[i], NULL, 0);
	if (text_of(u, &text))
		text = NULL;
	curl_url_cleanup(u);
	return text;
}

unsigned int otlp_url__port(const char *url)
{
	char *text = NULL;
	unsigned int port = 0;
	CURLU *u;

	if (parse(url, &u))
		return 0;
	if (!curl_url_get(u, CURLUPART_PORT, &text, CURLU_DEFAULT_PORT))
		port = (unsigned int)strtoul(text, NULL, 10);
	curl_free(text);
	curl_url_cleanup(u);
	return port;
}

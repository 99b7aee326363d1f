// SPDX-License-Identifier: Apache-2.0
#include "contents.h"

#include <string.h>

#include "base/limits.h"
#include "enrich/redact.h"
#include "log.h"
#include "options.h"

#define SLOW_NS 30000000000ULL /* of --sample, where --slow says nothing */

int contents__open(const struct options *o, struct contents *ret)
{
	struct redact *redact;
	char why[512];
	int err;

	if (o->content == CONTENT_OFF)
		return 0;
	err = redact__new(o->redact, &redact, why, sizeof(why));
	if (err) {
		log__error("--redact: %s", why[0] ? why : strerror(-err));
		return EXIT_USAGE;
	}
	ret->budget = (struct arena_budget){.max_bytes = limits_default.contents_bytes};
	ret->config = (struct content_config){
		.mode = o->content,
		.redact = redact,
		.sample_percent = o->sample_percent,
		.slow_ns = o->filter.slow_ns ? o->filter.slow_ns : SLOW_NS,
		.lim = &limits_default,
		.budget = &ret->budget,
	};
	return 0;
}

void contents__close(struct contents *c)
{
	redact__free(c->config.redact);
	*c = (struct contents){0};
}

void contents__exchange_masks(struct contents *a, struct contents *b)
{
	struct redact *masks = a->config.redact;

	if (a->config.mode == CONTENT_OFF || b->config.mode == CONTENT_OFF)
		return;
	a->config.redact = b->config.redact;
	b->config.redact = masks;
}

const struct content_config *contents__config(const struct contents *c)
{
	return c->config.mode == CONTENT_OFF ? NULL : &c->config;
}

const char *contents__text(const struct contents *c)
{
	static const char *const texts[][2] = {
		[CONTENT_OFF] = {"off", "off"},
		[CONTENT_META] = {"meta", "meta"},
		[CONTENT_PREVIEW] = {"preview, not masked", "preview, masked"},
		[CONTENT_FULL] = {"full, not masked", "full, masked"},
	};

	return texts[c->config.mode][c->config.redact && redact__any(c->config.redact)];
}

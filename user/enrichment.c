// SPDX-License-Identifier: Apache-2.0
#include "enrichment.h"

#include <string.h>

#include "call/tracker.h"
#include "config.h"
#include "enrich/prices.h"
#include "log.h"
#include "rules.h"

/* A list that cannot be read is a wrong configuration: nobody should believe the sums. */
static int load_prices(const struct options *o, struct prices **ret)
{
	char error[512];

	if (o->prices && !strcmp(o->prices, "off"))
		return 0;
	if (prices__load(o->prices, error, sizeof(error), ret)) {
		log__error("--prices: %s", error);
		return EXIT_USAGE;
	}
	if (prices__skipped(*ret) && o->prices)
		log__info("%s: %u models, %u entries without a price that can be used", o->prices,
			  prices__models(*ret), prices__skipped(*ret));
	return 0;
}

static int load_rules(const struct options *o, struct feature_rules **ret)
{
	char error[512];

	if (!rules__load(o->config, error, sizeof(error), ret))
		return 0;
	log__error("--config: %s", error);
	return EXIT_USAGE;
}

int enrichment__load(const struct options *o, struct enrichment *ret)
{
	int err;

	*ret = (struct enrichment){0};
	err = load_prices(o, &ret->prices);
	if (!err)
		err = load_rules(o, &ret->features);
	if (!err)
		err = contents__open(o, &ret->contents);
	if (err)
		enrichment__free(ret);
	return err;
}

void enrichment__free(struct enrichment *e)
{
	prices__free(e->prices);
	feature_rules__free(e->features);
	contents__close(&e->contents);
	*e = (struct enrichment){0};
}

void enrichment__reload(struct enrichment *e, int argc, char **argv, struct call_tracker *t)
{
	struct enrichment fresh = {0}, old = *e;
	struct options o;
	bool good = options__parse(argc, argv, &o) < 0 && !enrichment__load(&o, &fresh);

	config__free(o.config);
	if (!good) {
		log__error("prices, rules and masks stay as they were");
		return;
	}
	call_tracker__use_prices(t, fresh.prices);
	call_tracker__use_features(t, fresh.features);
	e->prices = fresh.prices;
	e->features = fresh.features;
	contents__exchange_masks(&e->contents, &fresh.contents);
	prices__free(old.prices);
	feature_rules__free(old.features);
	contents__close(&fresh.contents);
	log__say("Prices, rules and masks were read again.");
}

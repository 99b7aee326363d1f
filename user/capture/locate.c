// SPDX-License-Identifier: Apache-2.0
#include "capture/locate.h"

#include <string.h>

static const struct locator *const locators[] = {
	&locate_openssl_symbols,
};

static const struct located *found(const struct located *all, int n, enum tls_stack stack)
{
	for (int i = 0; i < n; i++)
		if (all[i].stack == stack)
			return &all[i];
	return NULL;
}

/* What is known of a stack: the first locator that has sites, else the last one's reason. */
static int take(struct located *all, int n, const struct located *one)
{
	struct located *old = (struct located *)found(all, n, one->stack);

	if (old && old->n)
		return n;
	if (!old && n == LOCATED_MAX)
		return n;
	memcpy(old ? old : &all[n], one, sizeof(*one));
	return old ? n : n + 1;
}

int locate__file(struct elf_file *f, const struct locate_config *config,
		 struct located ret[LOCATED_MAX])
{
	int n = 0, err = 0;

	for (size_t i = 0; i < sizeof(locators) / sizeof(locators[0]); i++) {
		struct located one = {.locator = locators[i]->name};
		int has = locators[i]->find(f, config, &one);

		if (has < 0)
			err = has;
		else if (has)
			n = take(ret, n, &one);
	}
	return n ? n : err;
}

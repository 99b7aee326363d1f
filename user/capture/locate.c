// SPDX-License-Identifier: Apache-2.0
#include "capture/locate.h"

#include <stdio.h>
#include <string.h>

#include "capture/offset.h"

static const struct locator *const locators[] = {
	&locate_openssl_symbols, &locate_nss,	 &locate_gnutls,
	&locate_boringssl,	 &locate_rustls, &locate_go,
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

	for (unsigned int i = 0; i < config->n_offsets; i++) {
		err = offset__locate(config->offsets[i], f, &ret[i]);
		if (err < 0)
			return err;
	}
	if (config->n_offsets)
		return (int)config->n_offsets;
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

unsigned int located__sites(const struct located *l)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < l->n; i++)
		n += !l->site[i].left_out;
	return n;
}

void located__text(const struct located *l, char *ret, size_t size)
{
	const char *why_not = l->why_not[0] ? l->why_not : "its functions were not found";
	size_t used;

	snprintf(ret, size, "%s%s%s", tls_stack__title(l->stack), l->version[0] ? " " : "",
		 l->version);
	used = strlen(ret);
	if (!located__sites(l))
		snprintf(ret + used, size - used, " is not seen: %s",
			 l->n ? l->site[0].left_out : why_not);
	for (unsigned int i = 0; i < l->n && located__sites(l); i++) {
		const struct probe_site *s = &l->site[i];

		used = strlen(ret);
		snprintf(ret + used, size - used, "%s%s at 0x%llx (%s%s)", i ? ", " : ": ", s->name,
			 (unsigned long long)s->vaddr, s->left_out ? "not probed: " : "",
			 s->left_out ? s->left_out : s->reason);
	}
}

// SPDX-License-Identifier: Apache-2.0
#include "capture/locate.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "capture/debug_file.h"
#include "capture/offset.h"
#include "capture/scan.h"

static const struct locator *const locators[] = {
	&locate_openssl_symbols, &locate_nss,	 &locate_gnutls, &locate_mono,
	&locate_boringssl,	 &locate_rustls, &locate_go,	 &locate_openssl_static,
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

#define LOCATORS (sizeof(locators) / sizeof(locators[0]))

/* Which telling constants a file has: most files have none, and one look at them is enough. */
struct tellings {
	struct scan_bytes needle[LOCATORS];
	bool seen[LOCATORS];
	size_t n, left;
};

static int telling_index(const struct tellings *t, const char *telling)
{
	for (size_t i = 0; i < t->n; i++)
		if (!strcmp(t->needle[i].p, telling))
			return (int)i;
	return -1;
}

static int telling_seen(void *ctx, uint64_t vaddr, size_t which)
{
	struct tellings *t = ctx;

	t->left -= !t->seen[which];
	t->seen[which] = true;
	return !t->left;
}

static int tellings(const struct elf_file *f, struct tellings *t)
{
	int err;

	*t = (struct tellings){0};
	for (size_t i = 0; i < LOCATORS; i++) {
		const char *telling = locators[i]->telling;

		if (telling && telling_index(t, telling) < 0)
			t->needle[t->n++] = (struct scan_bytes){telling, strlen(telling)};
	}
	t->left = t->n;
	err = scan__find(f, t->needle, t->n, telling_seen, t);
	/* what is larger than all reason is not searched */
	return err == -E2BIG || err > 0 ? 0 : err;
}

int locate__file(struct elf_file *f, const struct locate_config *config,
		 struct located ret[LOCATED_MAX])
{
	const struct located *known;
	struct debug_file *debug = NULL;
	struct tellings t;
	int n = 0, err = 0;

	for (unsigned int i = 0; i < config->n_offsets; i++) {
		err = offset__locate(config->offsets[i], f, &ret[i]);
		if (err < 0)
			return err;
	}
	if (config->n_offsets)
		return (int)config->n_offsets;
	if (config->debug_dir)
		err = debug_file__open(f, config->path, config->debug_dir, &debug);
	if (err && err != -ENOENT)
		return err;
	elf_file__use_debug(f, debug ? debug->elf : NULL);
	err = tellings(f, &t);
	for (size_t i = 0; i < LOCATORS; i++) {
		const struct locator *l = locators[i];
		struct located one = {.locator = l->name};
		int has;

		known = l->stack ? found(ret, n, l->stack) : NULL;
		if ((known && known->n) || (l->telling && !t.seen[telling_index(&t, l->telling)]))
			continue;
		has = l->find(f, config, &one);
		/* what is malformed or past all reason stays so */
		if (has < 0 && has != -EBADMSG && has != -E2BIG)
			err = has;
		else if (has > 0)
			n = take(ret, n, &one);
	}
	elf_file__use_debug(f, NULL);
	debug_file__free(debug);
	return n ? n : err;
}

const char *located__by_name(const struct located *l)
{
	for (unsigned int i = 0; i < l->n; i++)
		if (l->site[i].sym.names == ELF_NAMES_DEBUG)
			return "debug file";
	return "symbols";
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

// SPDX-License-Identifier: Apache-2.0
/* OpenSSL, and what keeps its names: .dynsym, .symtab or a debug file has them. */
#include <string.h>

#include "capture/flavour.h"
#include "capture/site.h"

static int find(struct elf_file *f, const struct locate_config *config, struct located *ret)
{
	struct flavour flavour;
	int n = site__pick(f, config->want_rets, ret->site), err;

	if (n <= 0)
		return n;
	err = flavour__of(f, &flavour);
	if (err)
		return err;
	ret->stack = flavour.stack;
	memcpy(ret->version, flavour.version, sizeof(ret->version));
	ret->n = n;
	ret->locator = located__by_name(ret);
	return 1;
}

const struct locator locate_openssl_symbols = {.name = "symbols", .find = find};

// SPDX-License-Identifier: Apache-2.0
/* OpenSSL, and what keeps its names: .dynsym or .symtab has them. */
#include "capture/site.h"

static int find(struct elf_file *f, const struct locate_config *config, struct located *ret)
{
	int n = site__pick(f, config->want_rets, ret->site);

	if (n <= 0)
		return n;
	ret->stack = TLS_OPENSSL;
	ret->n = n;
	return 1;
}

const struct locator locate_openssl_symbols = {"symbols", find};

// SPDX-License-Identifier: Apache-2.0
/* Mono's BoringSSL (libmono-btls-shared.so): .dynsym names only the wrappers that managed code
 * calls, of mono/btls/btls-ssl.h. Those hand BoringSSL's SSL on and jump to the function of its
 * name; results are that function's. */
#include "capture/names.h"

static const struct fn_name names[] = {
	{"mono_btls_ssl_read", FN_READ, .sure = true},
	{"mono_btls_ssl_write", FN_WRITE},
	{"mono_btls_ssl_new", FN_NEW},
	{"mono_btls_ssl_destroy", FN_FREE},
};

static int find(struct elf_file *f, const struct locate_config *config, struct located *ret)
{
	int n = names__sites(f, names, sizeof(names) / sizeof(names[0]), ret);

	if (n <= 0)
		return n;
	ret->stack = TLS_BORINGSSL;
	ret->locator = located__by_name(ret);
	return 1;
}

const struct locator locate_mono = {"symbols", find};

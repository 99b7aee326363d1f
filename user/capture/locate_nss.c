// SPDX-License-Identifier: Apache-2.0
/* NSS: its connections are file descriptors of NSPR, used through NSPR's functions; libnspr4 and
 * libssl3 are two files, or one (Firefox's own libnss3). NSPR's functions for files and plain
 * sockets are the same ones: the kernel side looks at the descriptor. PR_Writev, PR_TransmitFile
 * and PR_AcceptRead have no client: nothing that is known to use NSS imports them. */
#include "capture/names.h"
#include "capture/version.h"

static const struct fn_name nspr[] = {
	{"PR_Read", FN_PR_READ, .sure = true},
	{"PR_Recv", FN_PR_RECV, .sure = true},
	{"PR_Write", FN_PR_WRITE},
	{"PR_Send", FN_PR_WRITE},
	{"PR_Close", FN_FREE},
};

/* Returns the descriptor that it was given, which is one of TLS from then on. */
static const struct fn_name ssl[] = {{"SSL_ImportFD", FN_NEW}};

static int find(struct elf_file *f, const struct locate_config *config, struct located *ret)
{
	int n = names__sites(f, nspr, sizeof(nspr) / sizeof(nspr[0]), ret);

	if (n >= 0)
		n = names__sites(f, ssl, sizeof(ssl) / sizeof(ssl[0]), ret);
	if (n <= 0)
		return n;
	ret->stack = TLS_NSS;
	ret->locator = located__by_name(ret);
	if (version__returned(f, "NSSSSL_GetVersion", ret->version, sizeof(ret->version)))
		version__returned(f, "PR_GetVersion", ret->version, sizeof(ret->version));
	return 1;
}

const struct locator locate_nss = {"symbols", find};

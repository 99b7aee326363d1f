// SPDX-License-Identifier: Apache-2.0
/* GnuTLS: .dynsym names its functions; their contracts are those of lib/record.c. What is written
 * through other functions than these reaches them: a nested call tells the bytes, once. */
#include "capture/names.h"
#include "capture/version.h"

static const struct fn_name names[] = {
	{"gnutls_record_recv", FN_READ_SIZE, .sure = true},
	{"gnutls_record_recv_seq", FN_READ_SIZE, .sure = true},
	{"gnutls_record_recv_early_data", FN_READ_SIZE, .seldom = true},
	{"gnutls_record_recv_packet", FN_READ_PACKET, .sure = true, .seldom = true},
	{"gnutls_record_send2", FN_WRITE_SIZE},
	/* a jump to send2 since 3.6.3, the only one before */
	{"gnutls_record_send", FN_WRITE_SIZE, .instead = "gnutls_record_send2"},
	{"gnutls_record_send_range", FN_WRITE_SIZE, .seldom = true},
	{"gnutls_record_send_early_data", FN_WRITE_EARLY},
	{"gnutls_record_send_file", FN_SENDFILE},
	{"gnutls_record_uncork", FN_WRITE_AGAIN},
	{"gnutls_init", FN_NEW_OUT},
	{"gnutls_deinit", FN_FREE},
};

static int find(struct elf_file *f, const struct locate_config *config, struct located *ret)
{
	int n = names__sites(f, names, sizeof(names) / sizeof(names[0]), ret);

	if (n <= 0)
		return n;
	ret->stack = TLS_GNUTLS;
	ret->locator = located__by_name(ret);
	version__returned(f, "gnutls_check_version", ret->version, sizeof(ret->version));
	return 1;
}

const struct locator locate_gnutls = {"symbols", find};

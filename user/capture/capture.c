// SPDX-License-Identifier: Apache-2.0
#include "capture/capture.h"

#define AT(member) offsetof(struct process, member)

const size_t process_texts[N_PROCESS_TEXTS] = {
	AT(comm),
	AT(exe),
	AT(cmdline),
	AT(cgroup),
	AT(container_id),
	AT(unit),
	AT(env),
	AT(user),
	AT(slice),
	AT(session),
	AT(container_runtime),
	AT(container_name),
	AT(container_image),
	AT(pod_uid),
	AT(pod_namespace),
	AT(pod_name),
	AT(pod_container),
	AT(labels),
};

const char *tls_stack__name(enum tls_stack stack)
{
	static const char *const names[TLS_STACK_MAX] = {
		[TLS_UNKNOWN] = "unknown", [TLS_OPENSSL] = "openssl", [TLS_BORINGSSL] = "boringssl",
		[TLS_RUSTLS] = "rustls",   [TLS_GO] = "go",	      [TLS_GNUTLS] = "gnutls",
		[TLS_NSS] = "nss",	   [TLS_NONE] = "none",
	};

	return (unsigned int)stack < TLS_STACK_MAX ? names[stack] : names[TLS_UNKNOWN];
}

const char *tls_stack__title(enum tls_stack stack)
{
	static const char *const titles[TLS_STACK_MAX] = {
		[TLS_UNKNOWN] = "unknown", [TLS_OPENSSL] = "OpenSSL", [TLS_BORINGSSL] = "BoringSSL",
		[TLS_RUSTLS] = "rustls",   [TLS_GO] = "Go",	      [TLS_GNUTLS] = "GnuTLS",
		[TLS_NSS] = "NSS",	   [TLS_NONE] = "plain HTTP",
	};

	return (unsigned int)stack < TLS_STACK_MAX ? titles[stack] : titles[TLS_UNKNOWN];
}

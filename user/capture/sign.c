// SPDX-License-Identifier: Apache-2.0
#include "capture/sign.h"

#include <elf.h>
#include <fnmatch.h>
#include <stddef.h>
#include <string.h>

#if defined(__x86_64__)
#define OWN_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define OWN_MACHINE EM_AARCH64
#else
#define OWN_MACHINE EM_NONE
#endif

#define NO_PROBES "llmsnoop has no probes for it"
#define OTHER_LIBRARY \
	"build or configure the program with OpenSSL, or call through a proxy that has it"

#define EMULATED                                                                        \
	{                                                                               \
		"emulated", "emulated program",                                         \
			"its code is translated, so probes in its files are never met", \
			"trace where it runs without emulation", false                  \
	}

/* The first that matches counts. */
static const struct {
	const char *pattern; /* fnmatch(3) with FNM_EXTMATCH, of a file name */
	struct sign sign;
} names[] = {
	{"libjvm.so",
	 {"jsse", "JSSE (Java)", "its TLS is Java bytecode, where no probe can be put",
	  "let the program use OpenSSL (netty-tcnative, Conscrypt), or call through a proxy that "
	  "is "
	  "seen",
	  false}},
	{"beam.smp",
	 {"otp", "OTP's ssl (Erlang, Elixir)",
	  "its TLS is Erlang bytecode, where no probe can be put",
	  "call through a proxy that is seen", false}},
	{"libmbedtls.so*", {"mbedtls", "Mbed TLS", NO_PROBES, OTHER_LIBRARY, false}},
	{"libwolfssl.so*", {"wolfssl", "wolfSSL", NO_PROBES, OTHER_LIBRARY, false}},
	{"libs2n.so*", {"s2n", "s2n-tls", NO_PROBES, OTHER_LIBRARY, false}},
	{"libbearssl.so*", {"bearssl", "BearSSL", NO_PROBES, OTHER_LIBRARY, false}},
	{"libcoreclr.so",
	 {"dotnet", ".NET", "it loads OpenSSL with its first TLS connection", "nothing to do",
	  true}},
	{"qemu-@(aarch64|arm|i386|x86_64|riscv64|ppc64le|s390x|loongarch64)?(-static)", EMULATED},
	{"wasm@(time|er|edge)",
	 {"wasm", "WebAssembly", "its TLS is compiled at run time", OTHER_LIBRARY, false}},
};

static const struct sign narrow = {"32-bit", "32-bit program",
				   "only 64-bit programs are looked into",
				   "use the program's 64-bit build", false};
static const struct sign foreign = EMULATED;

const struct sign *sign__of_path(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!fnmatch(names[i].pattern, name, FNM_EXTMATCH))
			return &names[i].sign;
	return NULL;
}

const struct sign *sign__of_header(struct span head)
{
	unsigned int machine;

	if (head.n < 20 || memcmp(head.p, ELFMAG, SELFMAG))
		return NULL;
	if (head.p[EI_CLASS] == ELFCLASS32)
		return &narrow;
	machine = head.p[EI_DATA] == ELFDATA2LSB ? head.p[18] | head.p[19] << 8
						 : head.p[18] << 8 | head.p[19];
	return OWN_MACHINE != EM_NONE && machine != OWN_MACHINE ? &foreign : NULL;
}

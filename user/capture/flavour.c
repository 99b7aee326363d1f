// SPDX-License-Identifier: Apache-2.0
#include "capture/flavour.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "capture/scan.h"

#define HITS_MAX 1024 /* programs name OpenSSL in texts, too */
#define TEXT_MAX 96

struct search {
	const struct elf_file *f;
	unsigned int hits;
	bool boring, several;
	char openssl[FLAVOUR_VERSION_MAX], fork[FLAVOUR_VERSION_MAX];
};

static const char fork_mark[] = " (compatible; ";

static void keep(struct search *s, char *version, const char *p, size_t n)
{
	if (!n || n >= FLAVOUR_VERSION_MAX)
		return;
	s->several |= version[0] && (strlen(version) != n || memcmp(version, p, n));
	memcpy(version, p, n);
	version[n] = '\0';
}

/* "3.0.17 1 Jul 2025" (include/openssl/opensslv.h.in), "1.1.1 (compatible; BoringSSL)" and
 * "1.1.1 (compatible; AWS-LC 1.30.1)" (their include/openssl/base.h). */
static void judge(struct search *s, const char *text)
{
	size_t n = strcspn(text, " "), rest;
	const char *date = text + n;

	if (!isdigit((unsigned char)text[0]) || !memchr(text, '.', n))
		return;
	if (!strncmp(date, fork_mark, strlen(fork_mark))) {
		date += strlen(fork_mark);
		rest = strcspn(date, ")");
		if (date[rest] != ')')
			return;
		s->boring = true;
		if (strncmp(date, "BoringSSL", rest) != 0)
			keep(s, s->fork, date, rest);
		return;
	}
	date += strspn(date, " ");
	rest = strspn(date, "0123456789");
	if ((rest == 1 || rest == 2) && date[rest] == ' ' &&
	    isupper((unsigned char)date[rest + 1]) && date[rest + 2] && date[rest + 3] &&
	    date[rest + 4] == ' ' && strspn(date + rest + 5, "0123456789") == 4)
		keep(s, s->openssl, text, n);
}

static int found(void *ctx, uint64_t vaddr, size_t which)
{
	struct search *s = ctx;
	char text[TEXT_MAX] = "";
	uint64_t offset;

	if (s->hits++ == HITS_MAX)
		return -E2BIG;
	if (which == 1) {
		s->boring = true;
	} else if (!elf_file__offset(s->f, vaddr, &offset)) {
		elf_file__read(s->f, offset + strlen("OpenSSL "), text, sizeof(text) - 1);
		judge(s, text);
	}
	return 0;
}

int flavour__of(const struct elf_file *f, struct flavour *ret)
{
	static const struct scan_bytes needles[] = {{"OpenSSL ", 8},
						    {"ssl_lib.cc", sizeof("ssl_lib.cc")}};
	struct search s = {.f = f};
	int err = scan__find(f, needles, 2, found, &s);

	*ret = (struct flavour){.stack = TLS_OPENSSL};
	if (err)
		return err == -E2BIG ? 0 : err;
	if (s.boring && !s.openssl[0])
		ret->stack = TLS_BORINGSSL;
	if (!s.several)
		memcpy(ret->version, s.openssl[0] ? s.openssl : s.fork, sizeof(ret->version));
	return 0;
}

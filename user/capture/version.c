// SPDX-License-Identifier: Apache-2.0
#include "capture/version.h"

#include <ctype.h>
#include <elf.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#define CODE_MAX 256 /* such a function is short */
#define TEXT_MAX 48

/* Does the text at vaddr begin with two numbers and a point between them, and end soon? Copied up
 * to its first space ("4.36 Beta"). */
static int take_version(struct elf_file *f, uint64_t vaddr, char *ret, size_t size)
{
	char text[TEXT_MAX];
	uint64_t offset;
	ssize_t n, digits;

	if (elf_file__offset(f, vaddr, &offset))
		return -ENOENT;
	n = elf_file__read(f, offset, text, sizeof(text));
	if (n <= 0 || !memchr(text, '\0', n))
		return -ENOENT;
	digits = (ssize_t)strspn(text, "0123456789");
	if (!digits || text[digits] != '.' || !isdigit((unsigned char)text[digits + 1]))
		return -ENOENT;
	text[strcspn(text, " ")] = '\0';
	for (const char *c = text; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr(".-+", *c))
			return -ENOENT;
	if (strlen(text) >= size)
		return -ENOENT;
	memcpy(ret, text, strlen(text) + 1);
	return 0;
}

/* lea disp32(%rip), any 64-bit register: REX.W, 8d, mod 0 and rm 5 */
static int find_x86(struct elf_file *f, uint64_t vaddr, const uint8_t *code, size_t n, char *ret,
		    size_t size)
{
	int32_t disp;

	for (size_t i = 0; i + 7 <= n; i++) {
		if ((code[i] & 0xfb) != 0x48 || code[i + 1] != 0x8d || (code[i + 2] & 0xc7) != 0x05)
			continue;
		memcpy(&disp, code + i + 3, 4);
		if (!take_version(f, vaddr + i + 7 + (uint64_t)(int64_t)disp, ret, size))
			return 0;
	}
	return -ENOENT;
}

/* adrp xN, page, and later add xM, xN, #low */
static int find_arm64(struct elf_file *f, uint64_t vaddr, const uint8_t *code, size_t n, char *ret,
		      size_t size)
{
	uint64_t page[32] = {0};
	uint32_t insn;
	int64_t pages;

	for (size_t i = 0; i + 4 <= n; i += 4) {
		memcpy(&insn, code + i, 4);
		if ((insn & 0x9f000000) == 0x90000000) {
			pages = (int64_t)((uint64_t)((insn >> 5 & 0x7ffff) << 2 | (insn >> 29 & 3))
					  << 43) >>
				43;
			page[insn & 31] = ((vaddr + i) & ~0xfffULL) + (uint64_t)pages * 4096;
		} else if ((insn & 0xffc00000) == 0x91000000 && page[insn >> 5 & 31]) {
			if (!take_version(f, page[insn >> 5 & 31] + (insn >> 10 & 0xfff), ret,
					  size))
				return 0;
		}
	}
	return -ENOENT;
}

int version__returned(struct elf_file *f, const char *function, char *ret, size_t size)
{
	uint8_t code[CODE_MAX];
	struct elf_sym sym = {0};
	size_t want = sizeof(code);
	ssize_t n;
	int err;

	*ret = '\0';
	err = elf_file__find(f, &function, 1, &sym);
	if (err <= 0)
		return err < 0 ? err : -ENOENT;
	if (sym.size && sym.size < want)
		want = sym.size;
	n = elf_file__code(f, sym.vaddr, code, want);
	if (n <= 0)
		return -ENOENT;
	if (elf_file__machine(f) == EM_X86_64)
		return find_x86(f, sym.vaddr, code, n, ret, size);
	if (elf_file__machine(f) == EM_AARCH64)
		return find_arm64(f, sym.vaddr, code, n, ret, size);
	return -ENOENT;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* go_image.h: a Go program written by hand: its methods of crypto/tls, its table of functions in
 * any of the formats, its moduledata and build information. */
#ifndef GO_IMAGE_H
#define GO_IMAGE_H

#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/elf.h"

#define GO_BASE 0x400000ULL
#define GO_FUNCS 8
#define GO_CODE 64 /* bytes of each function */
#define GO_AT(member) (GO_BASE + offsetof(struct go_image, member))

struct go_image {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[3];
	uint8_t code[GO_FUNCS * GO_CODE];
	/* the second segment */
	uint8_t table[1024] __attribute__((aligned(32)));
	uint64_t module[24];
	uint8_t build[64] __attribute__((aligned(16)));
	uint64_t string[2];
	char version[16];
	Elf64_Dyn dyn[4];
	Elf64_Rela rela[40];
	Elf64_Shdr sh[4];
	char names[64];
	size_t n_rela; /* while building */
};

struct go_shape {
	uint16_t machine;
	uint32_t magic;
	bool no_sections; /* the headers are gone */
	bool merged;	  /* the table's section has another name */
	bool no_text;	  /* the table does not say where code begins (1.26) */
	bool moved;	  /* position-independent: words are relocations, the file has zeros */
	bool old_abi;	  /* arguments on the stack */
};

static const char *const go_names[GO_FUNCS] = {
	"runtime.text",
	"crypto/tls.(*Conn).Write",
	"crypto/tls.(*Conn).clientHandshake",
	"x.crypto/tls.(*Conn).Read", /* ends like a wanted one */
	"crypto/tls.(*Conn).Read",
	"crypto/tls.(*Conn).Close",
	"main.twice",
	"main.main",
};

static inline void go_word(struct go_image *m, const struct go_shape *shape, void *at,
			   uint64_t value)
{
	if (!shape->moved) {
		memcpy(at, &value, 8);
		return;
	}
	m->rela[m->n_rela++] = (Elf64_Rela){
		.r_offset = GO_BASE + ((uint8_t *)at - (uint8_t *)m),
		.r_info = shape->machine == EM_AARCH64 ? R_AARCH64_RELATIVE : R_X86_64_RELATIVE,
		.r_addend = value};
}

static inline void go_code(struct go_image *m, const struct go_shape *shape)
{
	static const uint8_t x86_small[] = {0x49, 0x3b, 0x66, 0x10, 0x76, 0x20, 0x55,
					    0xc3, 0x55, 0x31, 0xc0, 0x5d, 0xc3},
			     x86_large[] = {0x4c, 0x8d, 0x64, 0x24, 0xf0, 0x4d, 0x3b, 0x66, 0x10,
					    0x0f, 0x86, 0x10, 0,    0,	  0,	0x55, 0xc3},
			     x86_old[] = {0x64, 0x48, 0x8b, 0x0c, 0x25, 0xf8, 0xff, 0xff,
					  0xff, 0x48, 0x3b, 0x61, 0x10, 0x76, 0x20, 0xc3};
	static const uint32_t a64[] = {0xf9400b90, 0xeb3063ff, 0x54000109, 0xf81f0ffe, 0xd65f03c0};

	memset(m->code, shape->machine == EM_AARCH64 ? 0 : 0xcc, sizeof(m->code));
	for (int i = 0; i < GO_FUNCS; i++) {
		uint8_t *p = m->code + i * GO_CODE;

		if (shape->machine == EM_AARCH64)
			memcpy(p, a64, sizeof(a64));
		else if (shape->old_abi)
			memcpy(p, x86_old, sizeof(x86_old));
		else if (i & 1)
			memcpy(p, x86_large, sizeof(x86_large));
		else
			memcpy(p, x86_small, sizeof(x86_small));
	}
}

static inline void go_put(uint8_t *p, uint64_t v, size_t n)
{
	memcpy(p, &v, n);
}

/* Names at 128, functab and struct _func behind them. */
static inline void go_table(struct go_image *m, const struct go_shape *shape)
{
	bool old = shape->magic == 0xfffffffa;
	size_t half = old ? 8 : 4, head = old ? 64 : 72, name = 128, functab = 512, func;
	uint8_t *t = m->table;

	go_put(t, shape->magic, 4);
	t[6] = shape->machine == EM_AARCH64 ? 4 : 1;
	t[7] = 8;
	go_put(t + 8, GO_FUNCS, 8);
	if (!old && !shape->no_text)
		go_word(m, shape, t + 24, GO_AT(code));
	go_put(t + head - 40, 128, 8);
	go_put(t + head - 32, 500, 8);
	go_put(t + head - 24, 500, 8);
	go_put(t + head - 16, 504, 8);
	go_put(t + head - 8, functab, 8);
	func = (GO_FUNCS + 1) * 2 * half;
	for (int i = 0; i <= GO_FUNCS; i++) {
		uint8_t *entry = t + functab + i * 2 * half;

		if (old)
			go_word(m, shape, entry, GO_AT(code) + i * GO_CODE);
		else
			go_put(entry, i * GO_CODE, 4);
		if (i == GO_FUNCS)
			break;
		go_put(entry + half, func, half);
		go_put(t + functab + func + half, name - 128, 4);
		func += 16;
		strcpy((char *)t + name, go_names[i]);
		name += strlen(go_names[i]) + 1;
	}
	/* of a function that is nowhere but inlined */
	strcpy((char *)t + name, "main.inlined");
}

static inline void go_build(struct go_image *m, const struct go_shape *shape)
{
	strcpy(m->version, shape->magic == 0xfffffffa ? "go1.17.13" : "go1.26.1");
	memcpy(m->build, "\xff Go buildinf:\x08\x02", 16);
	m->build[32] = strlen(m->version);
	memcpy(m->build + 33, m->version, m->build[32]);
	if (shape->magic == 0xfffffffa) {
		m->build[15] = 0;
		memset(m->build + 32, 0, 32);
		m->string[1] = strlen(m->version);
		go_word(m, shape, m->build + 16, GO_AT(string));
		go_word(m, shape, &m->string[0], GO_AT(version));
	}
}

static inline struct go_image go_image(const struct go_shape *shape)
{
	const size_t split = offsetof(struct go_image, table);
	struct go_image m = {
		.eh = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, 1},
		       .e_type = shape->moved ? ET_DYN : ET_EXEC,
		       .e_machine = shape->machine,
		       .e_phoff = offsetof(struct go_image, ph),
		       .e_phentsize = sizeof(Elf64_Phdr),
		       .e_phnum = shape->moved ? 3 : 2,
		       .e_shoff = shape->no_sections ? 0 : offsetof(struct go_image, sh),
		       .e_shentsize = sizeof(Elf64_Shdr),
		       .e_shnum = shape->no_sections ? 0 : 4,
		       .e_shstrndx = 3},
		.ph = {{.p_type = PT_LOAD,
			.p_flags = PF_R | PF_X,
			.p_vaddr = GO_BASE,
			.p_filesz = split},
		       {.p_type = PT_LOAD,
			.p_flags = PF_R | PF_W,
			.p_offset = split,
			.p_vaddr = GO_BASE + split,
			.p_filesz = sizeof(m) - split},
		       {.p_type = PT_DYNAMIC,
			.p_offset = offsetof(struct go_image, dyn),
			.p_filesz = sizeof(m.dyn)}},
		.sh = {{0},
		       {.sh_name = 1,
			.sh_type = SHT_PROGBITS,
			.sh_flags = SHF_ALLOC,
			.sh_addr = GO_AT(table),
			.sh_offset = offsetof(struct go_image, table),
			.sh_size = sizeof(m.table)},
		       {.sh_name = 12,
			.sh_type = SHT_PROGBITS,
			.sh_flags = SHF_ALLOC | SHF_WRITE,
			.sh_addr = GO_AT(build),
			.sh_offset = offsetof(struct go_image, build),
			.sh_size = sizeof(m.build)},
		       {.sh_type = SHT_STRTAB,
			.sh_offset = offsetof(struct go_image, names),
			.sh_size = sizeof(m.names)}},
		.names = "\0.gopclntab\0.go.buildinfo",
	};

	if (shape->merged)
		m.names[1] = '_';
	go_code(&m, shape);
	go_table(&m, shape);
	go_build(&m, shape);
	go_word(&m, shape, &m.module[0], GO_AT(table));
	go_word(&m, shape, &m.module[1], GO_AT(table) + 128);
	go_word(&m, shape, &m.module[22], GO_AT(code));
	m.dyn[0] = (Elf64_Dyn){DT_RELA, {GO_AT(rela)}};
	m.dyn[1] = (Elf64_Dyn){DT_RELASZ, {m.n_rela * sizeof(m.rela[0])}};
	m.dyn[2] = (Elf64_Dyn){DT_FLAGS_1, {DF_1_PIE}};
	return m;
}

static inline int go_image_fd(const struct go_image *m, size_t n)
{
	int fd = memfd_create("go", 0);

	return fd >= 0 && write(fd, m, n) == (ssize_t)n ? fd : -1;
}

#endif

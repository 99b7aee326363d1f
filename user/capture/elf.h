/* SPDX-License-Identifier: Apache-2.0 */
/* elf.h: the few facts of an ELF file that probes need. Files are chosen by whoever runs them and
 * may be cut or rewritten while we look: every byte is read with pread and checked, nothing is
 * mapped (a file cut under a mapping raises SIGBUS), no size is believed. 64-bit little-endian
 * files only. Formats: gABI, and glibc's elf/dl-lookup.c for DT_GNU_HASH. */
#ifndef LLMSNOOP_ELF_H
#define LLMSNOOP_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ELF_FIND_MAX 16	    /* names looked for at once */
#define ELF_BUILD_ID_MAX 32 /* bytes kept of a build id */
#define ELF_SYMBOL_NAME_MAX 128
#define ELF_DEBUGLINK_MAX 256 /* bytes of a name, with its end */

struct elf_file;

enum elf_kind {
	ELF_KIND_EXEC, /* fixed addresses */
	ELF_KIND_PIE,
	ELF_KIND_SHARED,
};

/* What named a symbol. */
enum elf_names {
	ELF_NAMES_DYNSYM,
	ELF_NAMES_SYMTAB,
	ELF_NAMES_DEBUG, /* .symtab of the debug file */
};

struct elf_sym {
	uint64_t vaddr;
	uint64_t offset; /* in the file, what uprobes want; 0: not found */
	uint64_t size;	 /* 0: unknown */
	enum elf_names names;
};

/* Reads the headers of the file behind fd, which is borrowed until elf_file__free. -ENOEXEC: not
 * an ELF file that can be probed; -ENOMEM; else what pread said. */
int elf_file__open(int fd, struct elf_file **ret);
/* The same for a debug file: sections alone are believed, since its segments are empty and may
 * even be said to lie where the other file has them. */
int elf_file__open_debug(int fd, struct elf_file **ret);
/* Where else f's functions are named, which is borrowed: until f is freed, or this is taken back by
 * NULL. That it is of this very file is for the caller to know (debug_file.h). */
void elf_file__use_debug(struct elf_file *f, const struct elf_file *debug);
void elf_file__free(struct elf_file *f); /* NULL is fine */

/* EM_X86_64, EM_AARCH64, … */
uint16_t elf_file__machine(const struct elf_file *f);
enum elf_kind elf_file__kind(const struct elf_file *f);
/* Copies the GNU build id and returns its length; 0: there is none. */
size_t elf_file__build_id(struct elf_file *f, uint8_t ret[ELF_BUILD_ID_MAX]);

/* The name in .gnu_debuglink, which has no '/' (gdb's manual, "Separate Debug Files"); -ENOENT. */
int elf_file__debuglink(const struct elf_file *f, char ret[ELF_DEBUGLINK_MAX]);

/* A loaded part of the file. */
struct elf_segment {
	uint64_t vaddr, offset, size; /* size: what the file holds of it */
	bool exec, write;
};

unsigned int elf_file__segments(const struct elf_file *f);
struct elf_segment elf_file__segment(const struct elf_file *f, unsigned int i);

enum elf_table {
	ELF_TABLE_EH_FRAME_HDR, /* Linux Standard Base, Core, 10.6.2 */
	ELF_TABLE_RELA,
	ELF_TABLE_RELR,
};

/* Where a table lies: its address, its place in the file and how large it claims to be. -ENOENT. */
int elf_file__table(const struct elf_file *f, enum elf_table which, struct elf_segment *ret);

/* Looks for n (at most ELF_FIND_MAX) defined functions: in .dynsym through its hash table, and
 * where none of them is there, in .symtab, and then in that of the debug file in use. All of them
 * lie in executable segments of f. Symbol versions do not matter. ret has n places.
 * The names begin alike. Returns how many were found; -E2BIG when n is too large or a table is past
 * all reason; -EINVAL. */
int elf_file__find(struct elf_file *f, const char *const *names, size_t n, struct elf_sym *ret);

/* File offset of a virtual address inside a loaded segment; -ENOENT. */
int elf_file__offset(const struct elf_file *f, uint64_t vaddr, uint64_t *ret);
/* Up to n bytes at a file offset. Returns how many; fewer at the end of the file. */
ssize_t elf_file__read(const struct elf_file *f, uint64_t offset, void *buf, size_t n);
/* Up to n bytes of code at vaddr, none of them outside its executable segment. */
ssize_t elf_file__code(const struct elf_file *f, uint64_t vaddr, void *buf, size_t n);

/* The name of the symbol whose address the dynamic linker stores at got_vaddr for a PLT entry. */
int elf_file__plt_symbol(const struct elf_file *f, uint64_t got_vaddr,
			 char ret[ELF_SYMBOL_NAME_MAX]);

#endif

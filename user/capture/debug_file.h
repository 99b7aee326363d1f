/* SPDX-License-Identifier: Apache-2.0 */
/* debug_file.h: the file into which a program's or library's names were stripped, as distributions
 * ship it apart (Debian's -dbgsym). Found the way gdb's manual says ("Debugging Information in
 * Separate Files"). Believed only if root alone can have written it and its build id is the file's.
 *
 * That is asked of .gnu_debuglink's file, too, so its CRC32 is of no use: a file without a build id
 * has no debug file for us (linkers of distributions write one since 2007), and none needs to be
 * read to its end. Debug files inside a container are not looked for; the host's serve any file
 * with their build id. */
#ifndef LLMSNOOP_DEBUG_FILE_H
#define LLMSNOOP_DEBUG_FILE_H

#include "capture/elf.h"

#define DEBUG_DIR "/usr/lib/debug" /* the host's */

struct debug_file {
	int fd;
	struct elf_file *elf; /* elf_file__open_debug's */
};

/* Looks for the debug file of f: DIR/.build-id/xx/yyyy.debug; then, under the name that f has for
 * it, in the directory of path, in .debug there, and in DIR/directory. path: one of f's names;
 * NULL: not known. Ends with debug_file__free. -ENOENT: there is none to be believed; -ENOMEM. */
int debug_file__open(struct elf_file *f, const char *path, const char *dir,
		     struct debug_file **ret);
void debug_file__free(struct debug_file *d); /* NULL is fine */

#endif

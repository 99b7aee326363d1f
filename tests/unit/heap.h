/* SPDX-License-Identifier: Apache-2.0 */
/* heap.h: how much memory is in use, with sanitizers and without. */
#ifndef LLMSNOOP_HEAP_H
#define LLMSNOOP_HEAP_H

#include <malloc.h>
#include <stdbool.h>
#include <stddef.h>

/* sanitizer/allocator_interface.h; absent without AddressSanitizer */
__attribute__((weak)) size_t __sanitizer_get_current_allocated_bytes(void);

/* Without sanitizers what was freed may still count as used: the allocator keeps it at hand. */
static inline bool heap__exact(void)
{
	return __sanitizer_get_current_allocated_bytes != NULL;
}

static inline size_t heap__used(void)
{
	struct mallinfo2 m;

	if (__sanitizer_get_current_allocated_bytes)
		return __sanitizer_get_current_allocated_bytes();
	m = mallinfo2();
	return m.uordblks + m.hblkhd;
}

#endif

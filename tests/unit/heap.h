/* SPDX-License-Identifier: Apache-2.0 */
/* heap.h: how much memory is in use, with sanitizers and without. */
#ifndef LLMSNOOP_HEAP_H
#define LLMSNOOP_HEAP_H

#include <malloc.h>
#include <stddef.h>

/* sanitizer/allocator_interface.h; absent without AddressSanitizer */
__attribute__((weak)) size_t __sanitizer_get_current_allocated_bytes(void);

static inline size_t heap__used(void)
{
	struct mallinfo2 m;

	if (__sanitizer_get_current_allocated_bytes)
		return __sanitizer_get_current_allocated_bytes();
	m = mallinfo2();
	return m.uordblks + m.hblkhd;
}

#endif

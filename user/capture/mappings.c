// SPDX-License-Identifier: Apache-2.0
#include "capture/mappings.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGES 16 /* data pages of each CPU's ring: a power of two */

/* An executable mapping has PROT_EXEC; others are only told with attr.mmap_data. */
struct mmap2_record {
	struct perf_event_header header;
	uint32_t pid, tid;
	uint64_t addr, len, pgoff;
	uint32_t major, minor;
	uint64_t ino, ino_generation;
	uint32_t prot, flags;
	char filename[];
};

struct cpu_ring {
	int fd;
	struct perf_event_mmap_page *page; /* NULL: no such CPU, or offline */
};

struct mappings {
	int epoll;
	size_t page_bytes;
	int n;
	char *record; /* one record, for those that wrap around the end of the ring */
	struct cpu_ring rings[];
};

static int open_cpu(int cpu)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY,
		.mmap = 1,
		.mmap2 = 1,
		.watermark = 1,
		.wakeup_watermark = 1,
	};
	int fd = syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int mappings__new(struct mappings **ret)
{
	long n = sysconf(_SC_NPROCESSORS_CONF);
	struct mappings *m;
	int err = 0, opened = 0;

	if (n < 1)
		n = 1;
	m = calloc(1, sizeof(*m) + n * sizeof(m->rings[0]));
	if (!m)
		return -ENOMEM;
	m->n = n;
	for (int i = 0; i < m->n; i++)
		m->rings[i].fd = -1;
	m->page_bytes = sysconf(_SC_PAGESIZE);
	m->record = malloc(UINT16_MAX + 1);
	m->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (!m->record || m->epoll < 0) {
		err = m->record ? -errno : -ENOMEM;
		goto fail;
	}
	for (int i = 0; i < m->n; i++) {
		struct cpu_ring *r = &m->rings[i];
		struct epoll_event ev = {.events = EPOLLIN, .data.u32 = i};

		r->fd = open_cpu(i);
		if (r->fd < 0) {
			err = r->fd;
			if (err == -ENODEV)
				continue; /* offline */
			goto fail;
		}
		r->page = mmap(NULL, (PAGES + 1) * m->page_bytes, PROT_READ | PROT_WRITE,
			       MAP_SHARED, r->fd, 0);
		if (r->page == MAP_FAILED) {
			r->page = NULL;
			err = -errno;
			goto fail;
		}
		if (epoll_ctl(m->epoll, EPOLL_CTL_ADD, r->fd, &ev)) {
			err = -errno;
			goto fail;
		}
		opened++;
	}
	if (!opened)
		goto fail;
	*ret = m;
	return 0;
fail:
	mappings__free(m);
	return err;
}

void mappings__free(struct mappings *m)
{
	if (!m)
		return;
	for (int i = 0; i < m->n; i++) {
		if (m->rings[i].page)
			munmap(m->rings[i].page, (PAGES + 1) * m->page_bytes);
		if (m->rings[i].fd >= 0)
			close(m->rings[i].fd);
	}
	if (m->epoll >= 0)
		close(m->epoll);
	free(m->record);
	free(m);
}

int mappings__fd(const struct mappings *m)
{
	return m->epoll;
}

/* The record at position pos, whole: records may wrap around the end of the ring. */
static const struct perf_event_header *record_at(struct mappings *m, const char *data,
						 uint64_t bytes, uint64_t pos)
{
	const struct perf_event_header *h = (const void *)(data + pos % bytes);
	uint64_t tail = bytes - pos % bytes;
	uint16_t size = h->size; /* records are 8-byte aligned: a header never wraps */

	if (size <= tail)
		return h;
	memcpy(m->record, h, tail);
	memcpy(m->record + tail, data, size - tail);
	return (const void *)m->record;
}

static bool consume_ring(struct mappings *m, struct cpu_ring *r,
			 void (*fn)(void *ctx, const struct mapping *mapping), void *ctx)
{
	const char *data = (const char *)r->page + m->page_bytes;
	uint64_t bytes = PAGES * m->page_bytes;
	uint64_t head = __atomic_load_n(&r->page->data_head, __ATOMIC_ACQUIRE);
	uint64_t tail = r->page->data_tail;
	bool lost = false;

	while (tail < head) {
		const struct perf_event_header *h = record_at(m, data, bytes, tail);
		const struct mmap2_record *rec = (const void *)h;

		if (h->size < sizeof(*h))
			break;
		if (h->type == PERF_RECORD_LOST)
			lost = true;
		if (h->type == PERF_RECORD_MMAP2 && h->size > sizeof(*rec) && rec->ino) {
			struct mapping mapping = {
				.pid = rec->pid,
				.start = rec->addr,
				.end = rec->addr + rec->len,
				.major = rec->major,
				.minor = rec->minor,
				.ino = rec->ino,
				.generation = rec->ino_generation,
				.path = rec->filename, /* the kernel ends it with NUL */
			};

			fn(ctx, &mapping);
		}
		tail += h->size;
	}
	__atomic_store_n(&r->page->data_tail, tail, __ATOMIC_RELEASE);
	return lost;
}

bool mappings__consume(struct mappings *m, void (*fn)(void *ctx, const struct mapping *mapping),
		       void *ctx)
{
	bool lost = false;

	for (int i = 0; i < m->n; i++)
		if (m->rings[i].page)
			lost |= consume_ring(m, &m->rings[i], fn, ctx);
	return lost;
}

// SPDX-License-Identifier: Apache-2.0
#include "capture/cap_write.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/caller.h"
#include "base/limits.h"
#include "capture/cap.h"
#include "capture/scrub.h"

#define FLUSH_BYTES (256 << 10)

struct cap_write {
	int fd;
	struct scrub *scrub; /* NULL: raw */
	struct buf out;	     /* whole records, and at its end the one being made */
	size_t record;	     /* where that one begins */
	struct cap_write_status status;
	bool failed; /* the record being made did not fit */
};

static void put(struct cap_write *w, const void *p, size_t n)
{
	if (buf__add(&w->out, span(p, n)))
		w->failed = true;
}

static void put8(struct cap_write *w, uint8_t v)
{
	put(w, &v, sizeof(v));
}

static void put16(struct cap_write *w, uint16_t v)
{
	v = htole16(v);
	put(w, &v, sizeof(v));
}

static void put32(struct cap_write *w, uint32_t v)
{
	v = htole32(v);
	put(w, &v, sizeof(v));
}

static void put64(struct cap_write *w, uint64_t v)
{
	v = htole64(v);
	put(w, &v, sizeof(v));
}

static void put_string(struct cap_write *w, struct span s)
{
	s = span_head(s, CAP_STRING_MAX);
	put32(w, (uint32_t)s.n);
	put(w, s.p, s.n);
}

static void put_str(struct cap_write *w, const char *s)
{
	put_string(w, span_str(s));
}

static void flush(struct cap_write *w)
{
	size_t done = 0;
	ssize_t k;

	while (!w->status.err && done < w->out.n) {
		k = write(w->fd, w->out.p + done, w->out.n - done);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			w->status.err = k ? -errno : -EIO;
		else
			done += k;
	}
	buf__clear(&w->out);
}

/* Opens a record. False: an earlier failure stands, nothing is written any more. */
static bool record(struct cap_write *w, enum cap_type type)
{
	if (w->status.err) {
		w->status.unwritten++;
		return false;
	}
	w->record = w->out.n;
	w->failed = false;
	put16(w, type);
	put16(w, 0);
	put64(w, 0); /* length and crc: see record_end */
	return true;
}

static uint32_t crc(const uint8_t *p, size_t n)
{
	return (uint32_t)crc32(0, p, (uInt)n);
}

static void record_end(struct cap_write *w)
{
	uint32_t len, sum;
	uint8_t *head;

	if (!w->failed) {
		head = w->out.p + w->record;
		len = htole32((uint32_t)(w->out.n - w->record - CAP_RECORD_HEAD));
		memcpy(head + 4, &len, sizeof(len));
		sum = htole32(crc(head, 8));
		memcpy(head + 8, &sum, sizeof(sum));
		put32(w, crc(head + CAP_RECORD_HEAD, le32toh(len)));
	}
	if (w->failed) { /* out of memory: the buffer's bound leaves room for any record */
		w->status.err = -ENOMEM;
		w->status.unwritten++;
		w->out.n = w->record;
		return;
	}
	w->status.records++;
	w->status.bytes += w->out.n - w->record;
	if (w->out.n >= FLUSH_BYTES)
		flush(w);
}

static void on_clock(void *ctx, uint64_t mono_ns, int64_t offset_ns)
{
	struct cap_write *w = ctx;

	if (!record(w, CAP_CLOCK))
		return;
	put64(w, mono_ns);
	put64(w, (uint64_t)offset_ns);
	record_end(w);
}

static void on_process(void *ctx, const struct process *p)
{
	struct cap_write *w = ctx;
	struct process copy = *p;
	char *cmdline = NULL;
	size_t i;

	if (!record(w, CAP_PROCESS))
		return;
	if (w->scrub) {
		cmdline = strdup(p->cmdline);
		if (cmdline)
			scrub__cmdline(cmdline);
	}
	put32(w, p->pid);
	put32(w, p->ppid);
	put32(w, p->uid);
	put64(w, p->start_ns);
	put64(w, p->seen_ns);
	copy.cmdline = w->scrub ? cmdline : p->cmdline;
	for (i = 0; i < N_PROCESS_TEXTS; i++)
		put_str(w, *process__text(&copy, i));
	put8(w, p->again);
	record_end(w);
	free(cmdline);
}

/* d holds at most CAP_DATA_MAX bytes. */
static void data_piece(struct cap_write *w, const struct capture_data *d)
{
	size_t at;

	if (!record(w, CAP_DATA))
		return;
	put64(w, d->conn);
	put64(w, d->ssl);
	put64(w, d->entry_ns);
	put64(w, d->return_ns);
	put64(w, d->offset);
	put64(w, d->other_offset);
	put64(w, d->gap);
	put32(w, d->pid);
	put32(w, d->tid);
	put16(w, d->flags);
	put8(w, (uint8_t)d->dir);
	put_str(w, tls_stack__name(d->stack));
	put32(w, (uint32_t)d->bytes.n);
	at = w->out.n;
	if (w->scrub && !buf__reserve(&w->out, d->bytes.n)) {
		scrub__data(w->scrub, d, w->out.p + at);
		w->out.n += d->bytes.n;
	} else if (w->scrub) {
		w->failed = true;
	} else {
		put(w, d->bytes.p, d->bytes.n);
	}
	put32(w, d->ahead);
	record_end(w);
}

static void on_data(void *ctx, const struct capture_data *d)
{
	struct capture_data piece = *d;
	struct span left = d->bytes;

	do {
		piece.bytes = span_head(left, CAP_DATA_MAX);
		data_piece(ctx, &piece);
		left = span_skip(left, CAP_DATA_MAX);
		piece.offset += piece.bytes.n;
		/* what these flags say happened before the first piece */
		piece.flags &= ~(EVENT_CALL_START | EVENT_AFTER_LOSS | EVENT_AFTER_QUIET);
	} while (left.n);
}

static void on_peer(void *ctx, const struct capture_peer *p)
{
	const struct capture_end *ends[] = {&p->local, &p->peer};
	struct cap_write *w = ctx;
	int i;

	if (!record(w, CAP_PEER))
		return;
	put64(w, p->conn);
	put32(w, p->pid);
	put64(w, p->ts_ns);
	for (i = 0; i < 2; i++)
		put16(w, ends[i]->port);
	for (i = 0; i < 2; i++)
		put_string(w, span(ends[i]->address, ends[i]->family == 4 ? 4 : 16));
	record_end(w);
}

static void on_close(void *ctx, const struct capture_close *c)
{
	struct cap_write *w = ctx;

	if (w->scrub)
		scrub__close(w->scrub, c->conn);
	if (!record(w, CAP_CLOSE))
		return;
	put64(w, c->conn);
	put64(w, c->ts_ns);
	put64(w, c->offset[0]);
	put64(w, c->offset[1]);
	put32(w, c->pid);
	put32(w, c->read_fails);
	put16(w, c->flags);
	record_end(w);
}

static void on_exit_(void *ctx, const struct capture_exit *e)
{
	struct cap_write *w = ctx;

	if (w->scrub)
		scrub__exit(w->scrub, e->pid);
	if (!record(w, CAP_EXIT))
		return;
	put32(w, e->pid);
	put64(w, e->ts_ns);
	put32(w, e->status);
	record_end(w);
}

static void on_unseen(void *ctx, const struct capture_unseen *u)
{
	struct cap_write *w = ctx;

	if (!record(w, CAP_UNSEEN))
		return;
	put32(w, u->pid);
	put64(w, u->ts_ns);
	put_str(w, u->protocol);
	put_str(w, u->host);
	put_str(w, u->library);
	record_end(w);
}

static void on_counts(void *ctx, const struct capture_counts *c)
{
	struct cap_write *w = ctx;
	unsigned int i;

	if (!record(w, CAP_COUNTS))
		return;
	put32(w, COUNT_MAX);
	for (i = 0; i < COUNT_MAX; i++)
		put64(w, c->v[i]);
	record_end(w);
}

static void on_tick(void *ctx, uint64_t mono_ns)
{
	struct cap_write *w = ctx;

	if (!record(w, CAP_TICK))
		return;
	put64(w, mono_ns);
	record_end(w);
	flush(w);
}

const struct capture_ops cap_write_ops = {
	.clock = on_clock,
	.process = on_process,
	.data = on_data,
	.peer = on_peer,
	.close = on_close,
	.exit = on_exit_,
	.unseen = on_unseen,
	.counts = on_counts,
	.tick = on_tick,
};

/* A file that somebody else can also write, or that is a name for something else of ours, must not
 * be overwritten with other people's prompts. */
static int claim(int fd)
{
	struct stat st;
	uid_t uid;
	gid_t gid;

	if (fstat(fd, &st))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return 0;
	if (st.st_uid != geteuid() && !(caller__get(&uid, &gid) && st.st_uid == uid))
		return -EPERM;
	if (st.st_nlink != 1)
		return -ELOOP;
	return fchmod(fd, 0600) || ftruncate(fd, 0) ? -errno : 0;
}

static int open_path(const char *path)
{
	const int flags = O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY;
	int fd, err;

	if (!strcmp(path, "-")) {
		fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
		return fd < 0 ? -errno : fd;
	}
	fd = open(path, flags | O_EXCL, 0600);
	if (fd >= 0)
		caller__give(fd);
	else if (errno == EEXIST)
		fd = open(path, flags, 0600);
	if (fd < 0)
		return -errno;
	err = claim(fd);
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

static void put_head(struct cap_write *w, const char *const *info)
{
	size_t i;

	put(w, CAP_MAGIC, CAP_MAGIC_BYTES);
	put16(w, CAP_MAJOR);
	put16(w, CAP_MINOR);
	put32(w, CAP_MARK);
	put32(w, w->failed ? 0 : crc(w->out.p, w->out.n));
	w->status.bytes = w->out.n;
	if (!record(w, CAP_INFO))
		return;
	for (i = 0; info && info[i] && info[i + 1]; i += 2) {
		put_str(w, info[i]);
		put_str(w, info[i + 1]);
	}
	record_end(w);
}

int cap_write__open(const struct cap_write_config *config, const struct limits *lim,
		    struct cap_write **ret)
{
	struct cap_write *w = calloc(1, sizeof(*w));
	int err;

	if (!w)
		return -ENOMEM;
	buf__init(&w->out, FLUSH_BYTES + CAP_PAYLOAD_MAX + CAP_RECORD_HEAD + CAP_RECORD_TAIL);
	w->fd = -1;
	if (!config->raw) {
		err = scrub__new(lim->conns, &w->scrub);
		if (err)
			goto fail;
	}
	err = w->fd = open_path(config->path);
	if (err < 0)
		goto fail;
	put_head(w, config->info);
	flush(w);
	err = w->status.err;
	if (err)
		goto fail;
	*ret = w;
	return 0;
fail:
	if (w->fd >= 0)
		close(w->fd);
	scrub__free(w->scrub);
	buf__free(&w->out);
	free(w);
	return err;
}

void cap_write__status(const struct cap_write *w, struct cap_write_status *ret)
{
	*ret = w->status;
}

int cap_write__close(struct cap_write *w)
{
	uint64_t records;
	int err;

	if (!w)
		return 0;
	records = w->status.records;
	if (record(w, CAP_END)) {
		put64(w, records);
		record_end(w);
	}
	flush(w);
	err = w->status.err;
	if (close(w->fd) && !err)
		err = -errno;
	scrub__free(w->scrub);
	buf__free(&w->out);
	free(w);
	return err;
}

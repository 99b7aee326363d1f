// SPDX-License-Identifier: Apache-2.0
#include "capture/cap_read.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "capture/cap.h"

#define INFO_MAX (64 << 10) /* bytes kept of the info record */

struct cap_read {
	int fd;
	uint64_t offset; /* of what is at buf + at */
	size_t at, n;	 /* unread bytes of buf are those from at to n */
	bool eof;
	uint64_t records;
	struct cap_error error; /* sticky */
	bool done;
	char *info; /* key NUL value NUL … */
	size_t info_bytes;
	/* copies of a process' strings, NUL-terminated */
	char strings[CAP_PAYLOAD_MAX + N_PROCESS_TEXTS];
	uint8_t buf[CAP_RECORD_HEAD + CAP_PAYLOAD_MAX + CAP_RECORD_TAIL];
};

/* Reads fields off a payload; what is not there sets bad. */
struct cursor {
	struct span left;
	bool bad;
};

static struct span get(struct cursor *c, size_t n)
{
	struct span s = span_head(c->left, n);

	if (s.n < n) {
		c->bad = true;
		return SPAN_NONE;
	}
	c->left = span_skip(c->left, n);
	return s;
}

static uint64_t get64(struct cursor *c)
{
	struct span s = get(c, 8);
	uint64_t v = 0;

	if (s.n)
		memcpy(&v, s.p, sizeof(v));
	return le64toh(v);
}

static uint32_t get32(struct cursor *c)
{
	struct span s = get(c, 4);
	uint32_t v = 0;

	if (s.n)
		memcpy(&v, s.p, sizeof(v));
	return le32toh(v);
}

static uint16_t get16(struct cursor *c)
{
	struct span s = get(c, 2);
	uint16_t v = 0;

	if (s.n)
		memcpy(&v, s.p, sizeof(v));
	return le16toh(v);
}

static uint8_t get8(struct cursor *c)
{
	struct span s = get(c, 1);

	return s.n ? *s.p : 0;
}

static struct span get_string(struct cursor *c)
{
	return get(c, get32(c));
}

static int fail(struct cap_read *r, int err, uint64_t offset, const char *what,
		struct cap_error *ret_error)
{
	r->error = (struct cap_error){err, offset, what};
	r->done = true;
	*ret_error = r->error;
	return err;
}

/* Makes n bytes available at buf + at. 1; 0: the file ends before; negative errno. */
static int fill(struct cap_read *r, size_t n)
{
	ssize_t k;

	if (r->n - r->at >= n)
		return 1;
	memmove(r->buf, r->buf + r->at, r->n - r->at);
	r->n -= r->at;
	r->at = 0;
	while (r->n < n && !r->eof) {
		k = read(r->fd, r->buf + r->n, sizeof(r->buf) - r->n);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return -errno;
		r->eof = k == 0;
		r->n += k;
	}
	return r->n >= n;
}

static void consume(struct cap_read *r, size_t n)
{
	r->at += n;
	r->offset += n;
}

/* Each of these tells one payload to ops, and false when it is not what it should be. */

static bool on_info(struct cap_read *r, struct cursor *c, const struct capture_ops *ops, void *ctx)
{
	struct span key, value;

	if (r->info)
		return true; /* a second one means nothing */
	r->info = malloc(INFO_MAX);
	if (!r->info)
		return true;
	while (c->left.n && !c->bad) {
		key = get_string(c);
		value = get_string(c);
		if (c->bad || key.n + value.n + 2 > INFO_MAX - r->info_bytes)
			break;
		if ((key.n && memchr(key.p, 0, key.n)) || (value.n && memchr(value.p, 0, value.n)))
			continue;
		memcpy(r->info + r->info_bytes, key.n ? key.p : (const uint8_t *)"", key.n);
		r->info_bytes += key.n;
		r->info[r->info_bytes++] = 0;
		memcpy(r->info + r->info_bytes, value.n ? value.p : (const uint8_t *)"", value.n);
		r->info_bytes += value.n;
		r->info[r->info_bytes++] = 0;
	}
	return !c->bad;
}

static bool on_clock(struct cap_read *r, struct cursor *c, const struct capture_ops *ops, void *ctx)
{
	uint64_t mono_ns = get64(c);
	int64_t offset_ns = (int64_t)get64(c);

	if (!c->bad && ops->clock)
		ops->clock(ctx, mono_ns, offset_ns);
	return !c->bad;
}

/* A string of the payload as a C string in r->strings; it ends at a NUL it should not have. */
static const char *get_str(struct cap_read *r, struct cursor *c, size_t *used)
{
	struct span s = get_string(c);
	char *p = r->strings + *used;

	/* all strings of a payload and their NULs fit: each has 4 bytes of length there */
	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = 0;
	*used += s.n + 1;
	return p;
}

static bool on_process(struct cap_read *r, struct cursor *c, const struct capture_ops *ops,
		       void *ctx)
{
	struct process p = {0};
	size_t used = 0, i;

	p.pid = get32(c);
	p.ppid = get32(c);
	p.uid = get32(c);
	p.start_ns = get64(c);
	p.seen_ns = get64(c);
	for (i = 0; i < N_PROCESS_TEXTS; i++)
		*process__text(&p, i) =
			i < PROCESS_TEXTS_OLD || c->left.n ? get_str(r, c, &used) : "";
	p.again = c->left.n && get8(c); /* minor 4, as the later texts */
	if (!c->bad && ops->process)
		ops->process(ctx, &p);
	return !c->bad;
}

static enum tls_stack stack_named(struct span name)
{
	int i;

	for (i = 0; i < TLS_STACK_MAX; i++)
		if (span_eq(name, span_str(tls_stack__name((enum tls_stack)i))))
			return (enum tls_stack)i;
	return TLS_UNKNOWN;
}

static bool on_data(struct cap_read *r, struct cursor *c, const struct capture_ops *ops, void *ctx)
{
	struct capture_data d = {0};
	uint8_t dir;

	d.conn = get64(c);
	d.ssl = get64(c);
	d.entry_ns = get64(c);
	d.return_ns = get64(c);
	d.offset = get64(c);
	d.other_offset = get64(c);
	d.gap = get64(c);
	d.pid = get32(c);
	d.tid = get32(c);
	d.flags = get16(c);
	dir = get8(c);
	d.stack = stack_named(get_string(c));
	d.bytes = get_string(c);
	d.ahead = c->left.n ? get32(c) : 0; /* minor 2 */
	if (c->bad || dir > DIR_WRITE || (d.gap && d.bytes.n) ||
	    d.offset > UINT64_MAX - d.gap - d.bytes.n || d.gap > INT64_MAX)
		return false;
	d.dir = (enum event_dir)dir;
	if (ops->data)
		ops->data(ctx, &d);
	return true;
}

static bool on_peer(struct cap_read *r, struct cursor *c, const struct capture_ops *ops, void *ctx)
{
	struct capture_peer p = {0};
	struct capture_end *ends[] = {&p.local, &p.peer};
	struct span address;
	int i;

	p.conn = get64(c);
	p.pid = get32(c);
	p.ts_ns = get64(c);
	for (i = 0; i < 2; i++)
		ends[i]->port = get16(c);
	for (i = 0; i < 2; i++) {
		address = get_string(c);
		if (address.n != 4 && address.n != 16)
			return false;
		ends[i]->family = address.n == 4 ? 4 : 6;
		memcpy(ends[i]->address, address.p, address.n);
	}
	if (!c->bad && ops->peer)
		ops->peer(ctx, &p);
	return !c->bad;
}

static bool on_close(struct cap_read *r, struct cursor *c, const struct capture_ops *ops, void *ctx)
{
	struct capture_close e = {0};

	e.conn = get64(c);
	e.ts_ns = get64(c);
	e.offset[0] = get64(c);
	e.offset[1] = get64(c);
	e.pid = get32(c);
	e.read_fails = get32(c);
	e.flags = get16(c);
	if (!c->bad && ops->close)
		ops->close(ctx, &e);
	return !c->bad;
}

static bool on_exit_(struct cap_read *r, struct cursor *c, const struct capture_ops *ops, void *ctx)
{
	struct capture_exit e = {0};

	e.pid = get32(c);
	e.ts_ns = get64(c);
	e.status = get32(c);
	if (!c->bad && ops->exit)
		ops->exit(ctx, &e);
	return !c->bad;
}

static bool copy_text(struct cursor *c, char *ret, size_t size)
{
	struct span s = get_string(c);

	if (c->bad || s.n >= size || (s.n && memchr(s.p, 0, s.n)))
		return false;
	if (s.n)
		memcpy(ret, s.p, s.n);
	ret[s.n] = 0;
	return true;
}

static bool on_unseen(struct cap_read *r, struct cursor *c, const struct capture_ops *ops,
		      void *ctx)
{
	char protocol[16], host[256], library[64] = "";
	struct capture_unseen u = {.protocol = protocol, .library = library, .host = host};

	u.pid = get32(c);
	u.ts_ns = get64(c);
	if (!copy_text(c, protocol, sizeof(protocol)) || !copy_text(c, host, sizeof(host)) ||
	    (c->left.n && !copy_text(c, library, sizeof(library))))
		return false;
	if (ops->unseen)
		ops->unseen(ctx, &u);
	return true;
}

static bool on_counts(struct cap_read *r, struct cursor *c, const struct capture_ops *ops,
		      void *ctx)
{
	struct capture_counts counts = {0};
	uint32_t n = get32(c), i;

	if (n > c->left.n / 8)
		return false;
	for (i = 0; i < n && i < COUNT_MAX; i++)
		counts.v[i] = get64(c);
	if (!c->bad && ops->counts)
		ops->counts(ctx, &counts);
	return !c->bad;
}

static bool on_tick(struct cap_read *r, struct cursor *c, const struct capture_ops *ops, void *ctx)
{
	uint64_t mono_ns = get64(c);

	if (!c->bad && ops->tick)
		ops->tick(ctx, mono_ns);
	return !c->bad;
}

static bool on_end(struct cap_read *r, struct cursor *c, const struct capture_ops *ops, void *ctx)
{
	uint64_t records = get64(c);

	return !c->bad && records == r->records;
}

static bool (*const readers[])(struct cap_read *r, struct cursor *c, const struct capture_ops *ops,
			       void *ctx) = {
	[CAP_INFO] = on_info,	  [CAP_CLOCK] = on_clock, [CAP_PROCESS] = on_process,
	[CAP_DATA] = on_data,	  [CAP_CLOSE] = on_close, [CAP_EXIT] = on_exit_,
	[CAP_COUNTS] = on_counts, [CAP_TICK] = on_tick,	  [CAP_END] = on_end,
	[CAP_UNSEEN] = on_unseen, [CAP_PEER] = on_peer,
};

static int at_end(struct cap_read *r, const char *what, struct cap_error *ret_error)
{
	return fail(r, 0, r->offset, what, ret_error);
}

int cap_read__next(struct cap_read *r, const struct capture_ops *ops, void *ctx,
		   struct cap_error *ret_error)
{
	struct cursor c;
	uint32_t len, sum;
	uint16_t type;
	int got;

	*ret_error = r->error;
	if (r->done)
		return r->error.err;
	got = fill(r, CAP_RECORD_HEAD);
	if (got < 0)
		return fail(r, got, r->offset, "cannot be read further", ret_error);
	if (!got)
		return at_end(r,
			      r->n > r->at ? "cut in the middle of a record" : "cut: it has no end",
			      ret_error);
	c = (struct cursor){span(r->buf + r->at, CAP_RECORD_HEAD), false};
	type = get16(&c);
	get16(&c);
	len = get32(&c);
	sum = get32(&c);
	if (sum != (uint32_t)crc32(0, r->buf + r->at, 8) || len > CAP_PAYLOAD_MAX)
		return fail(r, -EBADMSG, r->offset, "corrupt record", ret_error);
	got = fill(r, CAP_RECORD_HEAD + len + CAP_RECORD_TAIL);
	if (got < 0)
		return fail(r, got, r->offset, "cannot be read further", ret_error);
	if (!got)
		return at_end(r, "cut in the middle of a record", ret_error);
	c = (struct cursor){span(r->buf + r->at + CAP_RECORD_HEAD, len + CAP_RECORD_TAIL), false};
	c.left = span(c.left.p + len, CAP_RECORD_TAIL);
	sum = get32(&c);
	c = (struct cursor){span(r->buf + r->at + CAP_RECORD_HEAD, len), false};
	if (sum != (uint32_t)crc32(0, c.left.p, len))
		return fail(r, -EBADMSG, r->offset, "corrupt record", ret_error);
	if (type < sizeof(readers) / sizeof(readers[0]) && readers[type] &&
	    !readers[type](r, &c, ops, ctx))
		return fail(r, -EBADMSG, r->offset, "record with impossible contents", ret_error);
	r->records++;
	if (type == CAP_END)
		return at_end(r, NULL, ret_error);
	consume(r, CAP_RECORD_HEAD + len + CAP_RECORD_TAIL);
	return 1;
}

static int read_head(struct cap_read *r, struct cap_error *ret_error)
{
	uint16_t major;
	struct cursor c;
	size_t seen;
	int got = fill(r, CAP_HEAD_BYTES);

	if (got < 0)
		return fail(r, got, 0, "cannot be read", ret_error);
	if (!r->n)
		return fail(r, -ENODATA, 0, "empty", ret_error);
	seen = r->n < CAP_MAGIC_BYTES ? r->n : CAP_MAGIC_BYTES;
	if (memcmp(r->buf, CAP_MAGIC, seen))
		return fail(r, -ENOMSG, 0, "not a capture file", ret_error);
	if (!got)
		return fail(r, -EBADMSG, r->n, "cut in its head", ret_error);
	c = (struct cursor){span(r->buf + CAP_MAGIC_BYTES, CAP_HEAD_BYTES - CAP_MAGIC_BYTES),
			    false};
	major = get16(&c);
	get16(&c);
	if (get32(&c) != CAP_MARK)
		return fail(r, -EBADMSG, CAP_MAGIC_BYTES, "corrupt head", ret_error);
	if (get32(&c) != (uint32_t)crc32(0, r->buf, CAP_HEAD_BYTES - 4))
		return fail(r, -EBADMSG, CAP_MAGIC_BYTES, "corrupt head", ret_error);
	if (major > CAP_MAJOR)
		return fail(r, -EPROTO, CAP_MAGIC_BYTES,
			    "written by a newer version of llmsnoop, which is needed to read it",
			    ret_error);
	consume(r, CAP_HEAD_BYTES);
	return 0;
}

int cap_read__open(const char *path, struct cap_read **ret, struct cap_error *ret_error)
{
	struct cap_read *r = calloc(1, sizeof(*r));
	int err;

	*ret_error = (struct cap_error){0};
	if (!r) {
		*ret_error = (struct cap_error){-ENOMEM, 0, "out of memory"};
		return -ENOMEM;
	}
	r->fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
				  : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	err = r->fd < 0 ? fail(r, -errno, 0, "cannot be opened", ret_error)
			: read_head(r, ret_error);
	if (err) {
		cap_read__free(r);
		return err;
	}
	*ret = r;
	return 0;
}

const char *cap_read__info(const struct cap_read *r, const char *key)
{
	const char *p = r->info, *end = p ? p + r->info_bytes : p, *value;

	for (; p < end; p = value + strlen(value) + 1) {
		value = p + strlen(p) + 1;
		if (!strcmp(p, key))
			return value;
	}
	return NULL;
}

void cap_read__free(struct cap_read *r)
{
	if (!r)
		return;
	if (r->fd >= 0)
		close(r->fd);
	free(r->info);
	free(r);
}

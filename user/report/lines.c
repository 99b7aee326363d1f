// SPDX-License-Identifier: Apache-2.0
#include "report/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/decoders.h"

#define IN_BYTES (256 << 10)
#define OUT_BYTES (256 << 10)
#define MAGIC_BYTES 4

struct lines {
	const struct lines_ops *ops;
	void *ctx;
	const struct decoder_ops *decoder; /* NULL: plain */
	void *state;
	bool whole; /* a member has ended here */
	bool in_line;
	int fd;
	uint8_t in[IN_BYTES], out[OUT_BYTES];
};

/* RFC 1952, 2.3.1; RFC 8878, 3.1.1 and 3.1.2 (skippable frames) */
static const struct {
	uint8_t first[MAGIC_BYTES], mask[MAGIC_BYTES];
	const struct decoder_ops *decoder;
} magics[] = {
	{{0x1f, 0x8b}, {0xff, 0xff}, &gzip_decoder},
	{{0x28, 0xb5, 0x2f, 0xfd}, {0xff, 0xff, 0xff, 0xff}, &zstd_decoder},
	{{0x50, 0x2a, 0x4d, 0x18}, {0xf0, 0xff, 0xff, 0xff}, &zstd_decoder},
};

static const struct decoder_ops *decoder_of(const uint8_t *p, size_t n)
{
	size_t i, k;

	for (i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		for (k = 0; k < MAGIC_BYTES; k++)
			if (magics[i].mask[k] &&
			    (k >= n || (p[k] & magics[i].mask[k]) != magics[i].first[k]))
				break;
		if (k == MAGIC_BYTES)
			return magics[i].decoder;
	}
	return NULL;
}

static int split(struct lines *l, struct span s)
{
	while (s.n) {
		const uint8_t *end = memchr(s.p, '\n', s.n);
		size_t n = end ? (size_t)(end - s.p) : s.n;
		int err = l->ops->piece(l->ctx, span_head(s, n));

		l->in_line = !end;
		if (!err && end)
			err = l->ops->end(l->ctx, false);
		if (err)
			return err;
		s = span_skip(s, n + (end != NULL));
	}
	return 0;
}

/* Files of rotation may hold several compressed members, one after the other: the decoders go on
 * with the next by themselves. */
static int decode(struct lines *l, struct span s)
{
	for (;;) {
		struct piece p = {s.p, s.n, l->out, OUT_BYTES};
		int got = l->decoder->step(l->state, &p), err;

		err = split(l, span(l->out, OUT_BYTES - p.out_n));
		if (err || got < 0)
			return err ? err : got;
		l->whole = got == 1;
		if (!p.in_n && (l->whole || p.out_n))
			return 0;
		if (p.in_n == s.n && p.out_n == OUT_BYTES)
			return -EBADMSG;
		s = span(p.in, p.in_n);
	}
}

/* Fills in with at least want bytes, where there are as many; what there is now. */
static ssize_t more(struct lines *l, size_t want)
{
	size_t have = 0;
	ssize_t n;

	while (have < want) {
		n = read(l->fd, l->in + have, IN_BYTES - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

static int read_all(struct lines *l)
{
	ssize_t n = more(l, MAGIC_BYTES);
	int err = 0;

	l->decoder = n > 0 ? decoder_of(l->in, (size_t)n) : NULL;
	if (l->decoder)
		err = l->decoder->open(span_head(span(l->in, (size_t)n), l->decoder->sniff),
				       &l->state);
	while (!err && n > 0) {
		err = l->decoder ? decode(l, span(l->in, (size_t)n))
				 : split(l, span(l->in, (size_t)n));
		n = err ? 0 : more(l, 1);
	}
	if (!err && n < 0)
		err = (int)n;
	return err ? err : l->decoder && !l->whole ? -EBADMSG : 0;
}

int lines__read(const char *path, const struct lines_ops *ops, void *ctx)
{
	bool std = !strcmp(path, "-");
	struct lines *l = malloc(sizeof(*l));
	struct stat st;
	int err = 0;

	if (!l)
		return -ENOMEM;
	*l = (struct lines){.ops = ops, .ctx = ctx};
	l->fd = std ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (l->fd < 0 || fstat(l->fd, &st))
		err = -errno;
	else if (S_ISDIR(st.st_mode))
		err = -EISDIR;
	if (!err)
		err = read_all(l);
	if (l->state)
		l->decoder->close(l->state);
	if (l->in_line && (!err || err == -EBADMSG)) {
		int end = ops->end(ctx, true);

		err = end ? end : err;
	}
	if (l->fd >= 0 && !std)
		close(l->fd);
	free(l);
	return err;
}

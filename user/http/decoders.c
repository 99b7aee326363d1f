// SPDX-License-Identifier: Apache-2.0
#include "http/decoders.h"

#include <brotli/decode.h>
#include <errno.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#define GZIP_WINDOW (MAX_WBITS + 16) /* zlib.h, inflateInit2: 16 asks for a gzip wrapper */
#define ZSTD_WINDOW_LOG 23	     /* RFC 9659: 8 MiB for the content coding */

struct inflater {
	z_stream z;
	bool members; /* gzip: another member may follow */
	bool between;
	bool garbage; /* what follows the last member is ignored, as browsers do */
};

static int inflater__new(int window, bool members, void **ret)
{
	struct inflater *f = calloc(1, sizeof(*f));

	if (!f)
		return -ENOMEM;
	if (inflateInit2(&f->z, window) != Z_OK) {
		free(f);
		return -ENOMEM;
	}
	f->members = members;
	*ret = f;
	return 0;
}

static int gzip__open(struct span first, void **ret)
{
	if (first.n && (first.p[0] != 0x1f || (first.n > 1 && first.p[1] != 0x8b)))
		return -EBADMSG;
	return inflater__new(GZIP_WINDOW, true, ret);
}

static int deflate__open(struct span first, void **ret)
{
	/* RFC 1950, 2.2: method 8, a window of at most 32 KiB, and a check of both bytes. */
	bool wrapped = first.n >= 2 && (first.p[0] & 0x0f) == Z_DEFLATED && first.p[0] >> 4 <= 7 &&
		       (first.p[0] << 8 | first.p[1]) % 31 == 0;

	return inflater__new(wrapped ? MAX_WBITS : -MAX_WBITS, false, ret);
}

static int inflater__step(void *state, struct piece *p)
{
	struct inflater *f = state;
	int res;

	if (f->between && p->in_n) {
		f->garbage = !f->members || *p->in != 0x1f;
		if (!f->garbage && inflateReset(&f->z) != Z_OK)
			return -EBADMSG;
		f->between = false;
	}
	if (f->garbage) {
		p->in += p->in_n;
		p->in_n = 0;
	}
	if (f->garbage || f->between)
		return 1;

	f->z.next_in = (uint8_t *)p->in;
	f->z.avail_in = p->in_n < UINT32_MAX ? (uInt)p->in_n : UINT32_MAX;
	f->z.next_out = p->out;
	f->z.avail_out = p->out_n < UINT32_MAX ? (uInt)p->out_n : UINT32_MAX;
	res = inflate(&f->z, Z_SYNC_FLUSH);
	p->in_n -= (size_t)(f->z.next_in - p->in);
	p->in = f->z.next_in;
	p->out_n -= (size_t)(f->z.next_out - p->out);
	p->out = f->z.next_out;
	if (res == Z_STREAM_END)
		f->between = true;
	if (res == Z_MEM_ERROR)
		return -ENOMEM;
	if (res != Z_OK && res != Z_BUF_ERROR && res != Z_STREAM_END)
		return -EBADMSG;
	return f->between;
}

static void inflater__close(void *state)
{
	struct inflater *f = state;

	inflateEnd(&f->z);
	free(f);
}

static int brotli__open(struct span first, void **ret)
{
	*ret = BrotliDecoderCreateInstance(NULL, NULL, NULL);
	return *ret ? 0 : -ENOMEM;
}

static int brotli__step(void *state, struct piece *p)
{
	switch (BrotliDecoderDecompressStream(state, &p->in_n, &p->in, &p->out_n, &p->out, NULL)) {
	case BROTLI_DECODER_RESULT_SUCCESS:
		p->in += p->in_n; /* what follows is no part of it */
		p->in_n = 0;
		return 1;
	case BROTLI_DECODER_RESULT_ERROR:
		return -EBADMSG;
	default:
		return 0;
	}
}

static void brotli__close(void *state)
{
	BrotliDecoderDestroyInstance(state);
}

static int zstd__open(struct span first, void **ret)
{
	/* RFC 8878, 3.1: the magic numbers of frames and of skippable frames. */
	static const uint8_t frame[] = {0x28, 0xb5, 0x2f, 0xfd}, skip[] = {0x50, 0x2a, 0x4d, 0x18};
	bool is_frame = true, is_skip = true;
	ZSTD_DStream *z;
	size_t i;

	for (i = 0; i < first.n && i < sizeof(frame); i++) {
		is_frame &= first.p[i] == frame[i];
		is_skip &= (i ? first.p[i] : first.p[i] & 0xf0) == skip[i];
	}
	if (!is_frame && !is_skip)
		return -EBADMSG;
	z = ZSTD_createDStream();
	if (!z)
		return -ENOMEM;
	ZSTD_DCtx_setParameter(z, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG);
	*ret = z;
	return 0;
}

static int zstd__step(void *state, struct piece *p)
{
	ZSTD_inBuffer in = {p->in, p->in_n, 0};
	ZSTD_outBuffer out = {p->out, p->out_n, 0};
	size_t res = ZSTD_decompressStream(state, &out, &in);

	p->in += in.pos;
	p->in_n -= in.pos;
	p->out += out.pos;
	p->out_n -= out.pos;
	if (ZSTD_isError(res))
		return ZSTD_getErrorCode(res) == ZSTD_error_memory_allocation ? -ENOMEM : -EBADMSG;
	return res == 0;
}

static void zstd__close(void *state)
{
	ZSTD_freeDStream(state);
}

const struct decoder_ops gzip_decoder = {
	.open = gzip__open,
	.step = inflater__step,
	.close = inflater__close,
	.sniff = 2,
	.plain_passes = true,
};

const struct decoder_ops deflate_decoder = {
	.open = deflate__open,
	.step = inflater__step,
	.close = inflater__close,
	.sniff = 2,
};

const struct decoder_ops brotli_decoder = {
	.open = brotli__open,
	.step = brotli__step,
	.close = brotli__close,
};

const struct decoder_ops zstd_decoder = {
	.open = zstd__open,
	.step = zstd__step,
	.close = zstd__close,
	.sniff = 4,
	.plain_passes = true,
};

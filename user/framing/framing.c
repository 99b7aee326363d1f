// SPDX-License-Identifier: Apache-2.0
#include "framing/framing.h"

#include <errno.h>
#include <stdlib.h>

#include "framing/aws.h"
#include "framing/framing_type.h"
#include "framing/json_seq.h"
#include "framing/sse.h"
#include "framing/whole.h"

static const struct framing_type *const types[] = {
	[FRAMING_WHOLE] = &framing_whole,
	[FRAMING_SSE] = &framing_sse,
	[FRAMING_JSON] = &framing_json_seq,
	[FRAMING_AWS] = &framing_aws,
};

int framing__new(enum framing_kind kind, const struct framing_ops *ops, void *ctx,
		 const struct limits *lim, struct framing **ret)
{
	const struct framing_type *type = types[kind];
	struct framing *f = calloc(1, type->size);

	if (!f)
		return -ENOMEM;
	f->type = type;
	f->ops = ops;
	f->ctx = ctx;
	f->lim = lim;
	*ret = f;
	return 0;
}

int framing__feed(struct framing *f, struct span in, uint64_t ts_ns)
{
	if (!f->error)
		f->error = f->type->feed(f, in, ts_ns);
	return f->error;
}

int framing__gap(struct framing *f, uint64_t lost, uint64_t ts_ns)
{
	if (!f->error)
		f->error = f->type->gap(f, lost, ts_ns);
	return f->error;
}

int framing__finish(struct framing *f, uint64_t ts_ns)
{
	if (!f->error)
		f->error = f->type->finish(f, ts_ns);
	return f->error;
}

void framing__free(struct framing *f)
{
	if (!f)
		return;
	if (f->type->free)
		f->type->free(f);
	free(f);
}

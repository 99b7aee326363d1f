// SPDX-License-Identifier: Apache-2.0
#include "framing/multipart.h"

#include <errno.h>

int multipart__new(struct span content_type, const struct multipart_ops *ops, void *ctx,
		   const struct limits *lim, struct multipart **ret)
{
	return -EINVAL;
}

int multipart__feed(struct multipart *m, struct span in)
{
	return -EBADMSG;
}

void multipart__finish(struct multipart *m)
{
}

void multipart__free(struct multipart *m)
{
}

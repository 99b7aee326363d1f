/* SPDX-License-Identifier: Apache-2.0 */
/* tee.h: one capture stream told to two. */
#ifndef LLMSNOOP_TEE_H
#define LLMSNOOP_TEE_H

#include "capture/capture.h"

struct capture_tee {
	const struct capture_ops *ops[2];
	void *ctx[2];
};

/* Called with a struct capture_tee as ctx; tells ops[0] first. */
extern const struct capture_ops capture_tee_ops;

#endif

// SPDX-License-Identifier: Apache-2.0
#include "call/estimate.h"

/* Operations whose input, and whose output, are text. */
static const struct {
	const char *name;
	bool output;
} operations[] = {
	{"chat", true},
	{"generate_content", true},
	{"text_completion", true},
	{"embeddings", false},
};

#define BYTES_OF_TOKEN 4

static int64_t tokens_of(uint64_t bytes)
{
	return (int64_t)((bytes + BYTES_OF_TOKEN - 1) / BYTES_OF_TOKEN);
}

static uint64_t output_bytes(const struct call_open *x)
{
	if (!x->c.streamed)
		return json_strings__bytes(&x->answer_text);
	return x->output_bytes + BYTES_OF_TOKEN * x->unsized_outputs;
}

void estimate__fill(struct call_open *x)
{
	struct call *c = &x->c;
	bool whole = !(x->timing.torn || x->gap_before_body || c->lost_bytes);
	uint64_t bytes;
	size_t i, n = sizeof(operations) / sizeof(operations[0]);

	/* A call that was cancelled has its cost, too. */
	if (c->kind != CALL_MODEL || c->opaque || c->pending || x->session || c->status < 200 ||
	    c->status >= 300 || !c->operation)
		return;
	for (i = 0; i < n && strcmp(operations[i].name, c->operation); i++)
		;
	if (i == n)
		return;
	/* Keys are read by the model, too: schemas of tools are made of them. */
	bytes = json_strings__bytes(&x->request_text) + x->request_text.key_bytes;
	if (c->input_tokens < 0 && bytes && !(x->request_flags & HTTP_BODY_GAP)) {
		c->input_tokens = tokens_of(bytes);
		c->input_estimated = true;
	}
	bytes = output_bytes(x);
	if (c->output_tokens < 0 && bytes && operations[i].output && whole) {
		c->output_tokens = tokens_of(bytes);
		c->output_estimated = true;
	}
}

// SPDX-License-Identifier: Apache-2.0
#include "dialect/bedrock.h"

static const char before[] = "/model/";

bool bedrock__path(struct span path, const char *verb)
{
	ptrdiff_t at = span_find(path, SPAN_LIT(before));
	size_t id = (size_t)at + sizeof(before) - 1;

	return at >= 0 && span_ends(path, span_str(verb)) && path.n > id + strlen(verb);
}

struct span bedrock__model(struct span path)
{
	ptrdiff_t at = span_find(path, SPAN_LIT(before));
	const uint8_t *verb;

	if (at < 0)
		return SPAN_NONE;
	path = span_skip(path, (size_t)at + sizeof(before) - 1);
	while (path.n && path.p[path.n - 1] == '/')
		path.n--;
	verb = path.n ? memrchr(path.p, '/', path.n) : NULL;
	return verb ? span_head(path, (size_t)(verb - path.p)) : SPAN_NONE;
}

void bedrock__begin(struct dialect_reader *r, const struct http_head *h)
{
	struct span path = h->path;

	if (http_head__get(h, "x-amz-date").p || http_head__get(h, "amz-sdk-invocation-id").p)
		wire__prove(r);
	while (path.n && path.p[path.n - 1] == '/')
		path.n--;
	if (span_ends(path, SPAN_LIT("-stream")))
		wire__number(r, FACT_REQUEST_STREAM, 1);
}

void bedrock__head(struct dialect_reader *r, const struct http_head *h)
{
	struct span type = http_head__get(h, "x-amzn-errortype");
	ptrdiff_t colon = span_find(type, SPAN_LIT(":"));

	if (http_head__get(h, "x-amzn-requestid").p)
		wire__prove(r);
	if (colon >= 0)
		type = span_head(type, (size_t)colon);
	wire__text(r, FACT_ERROR_TYPE, type, false, 0);
}

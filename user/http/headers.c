// SPDX-License-Identifier: Apache-2.0
#include "http/headers.h"

#include <errno.h>

#include "base/secret.h"

struct span http_head__get(const struct http_head *h, const char *name)
{
	struct span want = span_str(name);
	unsigned int i;

	for (i = 0; i < h->n_headers; i++)
		if (span_ieq(h->headers[i].name, want))
			return h->headers[i].value;
	return SPAN_NONE;
}

static bool holds(struct span s, struct span word)
{
	size_t at;

	for (at = 0; at + word.n <= s.n; at++)
		if (span_ieq(span(s.p + at, word.n), word))
			return true;
	return false;
}

bool header_is_secret(struct span name, struct span value)
{
	if (secret__header(name))
		return true;
	return span_ieq(name, SPAN_LIT("sec-websocket-protocol")) &&
	       (holds(value, SPAN_LIT("key")) || holds(value, SPAN_LIT("token")) ||
		holds(value, SPAN_LIT("bearer")));
}

bool header_is_url(struct span name)
{
	static const struct span names[] = {
		SPAN_LIT("referer"),
		SPAN_LIT("location"),
		SPAN_LIT("content-location"),
		SPAN_LIT("operation-location"),
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_ieq(name, names[i]))
			return true;
	return false;
}

unsigned int credential__rank(struct span name)
{
	/* Gateways want a key of their own beside the provider's: the specific name wins. */
	static const struct span names[] = {
		SPAN_LIT("authorization"), SPAN_LIT("ocp-apim-subscription-key"),
		SPAN_LIT("api-key"),	   SPAN_LIT("x-goog-api-key"),
		SPAN_LIT("x-api-key"),
	};
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_ieq(name, names[i]))
			return i + 2;
	return 0;
}

uint64_t credential__fingerprint(const uint8_t key[SIPHASH_KEY_BYTES], struct span value)
{
	static const struct span schemes[] = {SPAN_LIT("bearer "), SPAN_LIT("basic "),
					      SPAN_LIT("api-key ")};
	static const struct span aws = SPAN_LIT("AWS4-"), id = SPAN_LIT("Credential=");
	const uint8_t *end;
	ptrdiff_t at;
	uint64_t fp;
	size_t i;

	if (secret__masked(value))
		return 0;
	for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		if (span_ieq(span_head(value, schemes[i].n), schemes[i])) {
			value = span_skip(value, schemes[i].n);
			break;
		}
	}
	/* AWS Signature Version 4: Credential=ID/date/region/service/aws4_request */
	at = span_starts(value, aws) ? span_find(value, id) : -1;
	if (at >= 0) {
		value = span_skip(value, (size_t)at + id.n);
		end = value.n ? memchr(value.p, '/', value.n) : NULL;
		if (end)
			value.n = (size_t)(end - value.p);
	}
	value = span_trim(value);
	if (!value.n)
		return 0;
	fp = siphash(key, value);
	return fp ? fp : 1;
}

static int hex(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent-decodes the last bytes of name that matter for secret__query. */
static struct span decode_name(struct span name, uint8_t out[SECRET_NAME_MAX * 4])
{
	size_t n = 0, i;

	if (name.n > SECRET_NAME_MAX * 4)
		name = span_skip(name, name.n - SECRET_NAME_MAX * 4);
	for (i = 0; i < name.n; i++) {
		int hi = -1, lo = -1;

		if (name.p[i] == '%' && i + 2 < name.n) {
			hi = hex(name.p[i + 1]);
			lo = hex(name.p[i + 2]);
		}
		if (hi >= 0 && lo >= 0) {
			out[n++] = (uint8_t)(hi << 4 | lo);
			i += 2;
		} else {
			out[n++] = name.p[i];
		}
	}
	return span(out, n);
}

int query__redact(struct buf *out, struct span query, struct span *ret_key)
{
	static const struct span keys[] = {SPAN_LIT("key"), SPAN_LIT("api_key"),
					   SPAN_LIT("api-key"), SPAN_LIT("access_token")};
	uint8_t decoded[SECRET_NAME_MAX * 4];
	size_t i;

	*ret_key = SPAN_NONE;
	while (query.n) {
		const uint8_t *amp = memchr(query.p, '&', query.n);
		struct span param = span_head(query, amp ? (size_t)(amp - query.p) : query.n);
		const uint8_t *eq = param.n ? memchr(param.p, '=', param.n) : NULL;
		struct span name = span_head(param, eq ? (size_t)(eq - param.p) : param.n);
		struct span value = span_skip(param, name.n + 1), keep = param;
		struct span plain = decode_name(name, decoded);
		int err;

		if (eq && secret__query(plain)) {
			keep.n = name.n + 1;
			for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
				if (!ret_key->p && value.n && span_ieq(plain, keys[i]))
					*ret_key = value;
		}
		if (amp && keep.n == param.n) {
			keep.n++; /* the '&' stands right behind it */
			err = buf__add(out, keep);
		} else {
			err = buf__add(out, keep);
			if (!err && amp)
				err = buf__add(out, SPAN_LIT("&"));
		}
		if (err)
			return err;
		query = span_skip(query, param.n + (amp ? 1 : 0));
	}
	return 0;
}

bool list__next(struct span *list, struct span *ret_item)
{
	while (list->n) {
		const uint8_t *comma = memchr(list->p, ',', list->n);
		struct span item = span_head(*list, comma ? (size_t)(comma - list->p) : list->n);

		*list = span_skip(*list, item.n + (comma ? 1 : 0));
		*ret_item = span_trim(item);
		if (ret_item->n)
			return true;
	}
	return false;
}

// SPDX-License-Identifier: Apache-2.0
#include "base/secret.h"

enum where {
	WHOLE,
	TAIL,
	ANYWHERE,
};

struct rule {
	enum where where;
	struct span text;
};

/* Names that are equal but for '-' and '_' are spelled out. Widening is cheap (a masked value that
 * nobody needed), narrowing leaks. */
static const struct rule header_rules[] = {
	{ANYWHERE, SPAN_LIT("authorization")}, /* and proxy-, x-amzn-oidc-… */
	{WHOLE, SPAN_LIT("cookie")},
	{WHOLE, SPAN_LIT("set-cookie")},
	{WHOLE, SPAN_LIT("api-key")},
	{WHOLE, SPAN_LIT("apikey")},
	{WHOLE, SPAN_LIT("ocp-apim-subscription-key")},
	{TAIL, SPAN_LIT("-api-key")}, /* x-api-key, x-goog-api-key */
	{TAIL, SPAN_LIT("-apikey")},
	{TAIL, SPAN_LIT("-token")}, /* x-amz-security-token */
	{TAIL, SPAN_LIT("-secret")},
	{WHOLE, SPAN_LIT("token")},
};

static const struct rule query_rules[] = {
	{WHOLE, SPAN_LIT("key")},
	{WHOLE, SPAN_LIT("sig")},
	{WHOLE, SPAN_LIT("auth")},
	{TAIL, SPAN_LIT("-key")}, /* api-key, subscription-key */
	{TAIL, SPAN_LIT("_key")},
	{TAIL, SPAN_LIT("apikey")},
	{TAIL, SPAN_LIT("token")}, /* access_token, X-Amz-Security-Token */
	{TAIL, SPAN_LIT("secret")},
	{TAIL, SPAN_LIT("signature")},
	{TAIL, SPAN_LIT("credential")},
	{TAIL, SPAN_LIT("password")},
	{ANYWHERE, SPAN_LIT("authorization")},
};

static bool holds(struct span name, const struct rule *rule)
{
	size_t at;

	if (name.n < rule->text.n)
		return false;
	if (rule->where == WHOLE)
		return span_ieq(name, rule->text);
	if (rule->where == TAIL)
		return span_ieq(span(name.p + name.n - rule->text.n, rule->text.n), rule->text);
	for (at = 0; at + rule->text.n <= name.n; at++)
		if (span_ieq(span(name.p + at, rule->text.n), rule->text))
			return true;
	return false;
}

static bool any(struct span name, const struct rule *rules, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (holds(name, &rules[i]))
			return true;
	return false;
}

bool secret__header(struct span name)
{
	return any(name, header_rules, sizeof(header_rules) / sizeof(header_rules[0]));
}

bool secret__query(struct span param)
{
	return any(param, query_rules, sizeof(query_rules) / sizeof(query_rules[0]));
}

bool secret__masked(struct span value)
{
	static const struct span schemes[] = {SPAN_LIT("bearer "), SPAN_LIT("basic ")};
	size_t i;

	value = span_trim(value);
	for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		if (span_ieq(span_head(value, schemes[i].n), schemes[i])) {
			value = span_trim(span_skip(value, schemes[i].n));
			break;
		}
	}
	for (i = 0; i < value.n; i++)
		if ((value.p[i] | 0x20) != SECRET_MASK)
			return false;
	return value.n > 0;
}

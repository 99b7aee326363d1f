// SPDX-License-Identifier: Apache-2.0
#include "sink/otlp/outcome.h"

#include <stdio.h>

#include "sink/otlp/retry.h"

enum otlp_fate otlp_outcome__fate(const struct otlp_attempt *a, enum export_drop *ret_reason)
{
	if (a->too_large) {
		*ret_reason = EXPORT_DROP_BAD_ANSWER;
		return OTLP_LOST;
	}
	/* Where there is a status it alone counts, also when the connection broke after it. */
	if (!a->status)
		return OTLP_AGAIN;
	if (a->status >= 200 && a->status < 300)
		return OTLP_TAKEN;
	if (retry__status(a->status))
		return OTLP_AGAIN;
	*ret_reason = a->status >= 500	 ? EXPORT_DROP_HTTP_5XX
		      : a->status >= 400 ? EXPORT_DROP_HTTP_4XX
					 : EXPORT_DROP_HTTP_3XX;
	return OTLP_LOST;
}

long otlp_outcome__kind(const struct otlp_attempt *a)
{
	if (a->too_large)
		return -1;
	return a->status ? a->status : 1000 + (long)a->code;
}

static const struct {
	long first, last;
	const char *advice;
} of_status[] = {
	{300, 399, "Redirects are not followed: name the address that it points to."},
	{400, 400, "Its log may say what it does not like."},
	{401, 403, "Check the credentials in OTEL_EXPORTER_OTLP_HEADERS."},
	{404, 405,
	 "Is this an OTLP/HTTP endpoint? To a base URL /v1/traces and so on are appended, a "
	 "signal's own endpoint is used as it is."},
	{413, 413, "Lower OTEL_BSP_MAX_EXPORT_BATCH_SIZE, or raise what the collector takes."},
	{415, 415, "Is this an OTLP/HTTP endpoint that takes http/protobuf?"},
	{429, 429, "It is asked for too much at once."},
	{502, 504, "It is not ready, or what is behind it."},
	{500, 599, "Its own log says more."},
};

static const struct {
	CURLcode code;
	const char *advice;
} of_code[] = {
	{CURLE_COULDNT_RESOLVE_HOST, "Is the name right?"},
	{CURLE_COULDNT_RESOLVE_PROXY, "Check http_proxy, https_proxy and no_proxy."},
	{CURLE_COULDNT_CONNECT, "Is the collector running, and is that its OTLP/HTTP port?"},
	{CURLE_OPERATION_TIMEDOUT, "Is it overloaded, or OTEL_EXPORTER_OTLP_TIMEOUT too short?"},
	{CURLE_PEER_FAILED_VERIFICATION,
	 "Name the CA that signed its certificate in OTEL_EXPORTER_OTLP_CERTIFICATE."},
	{CURLE_SSL_CACERT_BADFILE, "Check OTEL_EXPORTER_OTLP_CERTIFICATE."},
	{CURLE_SSL_CERTPROBLEM, "Check OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and _CLIENT_KEY."},
	{CURLE_SSL_CONNECT_ERROR, "Is it https that is spoken there?"},
	{CURLE_UNSUPPORTED_PROTOCOL, "What answers there is no OTLP/HTTP endpoint."},
	{CURLE_WEIRD_SERVER_REPLY, "What answers there is no OTLP/HTTP endpoint."},
};

static const char *advice(const struct otlp_attempt *a)
{
	size_t i;

	if (a->too_large)
		return "What answers there is no OTLP/HTTP endpoint.";
	for (i = 0; i < sizeof(of_status) / sizeof(of_status[0]); i++)
		if (a->status >= of_status[i].first && a->status <= of_status[i].last)
			return of_status[i].advice;
	for (i = 0; i < sizeof(of_code) / sizeof(of_code[0]) && !a->status; i++)
		if (a->code == of_code[i].code)
			return of_code[i].advice;
	return "Is the collector all right?";
}

void otlp_outcome__text(const struct otlp_attempt *a, char *ret, size_t size)
{
	enum export_drop reason;
	enum otlp_fate fate = otlp_outcome__fate(a, &reason);
	char what[128];

	if (a->too_large)
		snprintf(what, sizeof(what), "the answer is too large");
	else if (a->status)
		snprintf(what, sizeof(what), "HTTP status %ld", a->status);
	else
		snprintf(what, sizeof(what), "%s", curl_easy_strerror(a->code));
	snprintf(ret, size, "OTLP to %s: %s%s%.160s%s; what is not taken is %s. %s", a->where, what,
		 *a->said ? " (" : "", a->said, *a->said ? ")" : "",
		 fate == OTLP_AGAIN
			 ? "tried again while there is room for it, then dropped and counted"
			 : "dropped and counted",
		 advice(a));
}

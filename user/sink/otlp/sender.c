// SPDX-License-Identifier: Apache-2.0
#include "sink/otlp/sender.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "sink/otlp/answer.h"
#include "sink/otlp/retry.h"
#include "sink/otlp/url.h"

#define EXPORTER_VERSION "1.0"
#define KEEPALIVE_S 60L
#define SECRET_LEAST 4 /* bytes of a credential that are recognised in a text */

/* ---- the answer ---- */

static bool count(struct otlp_sender *s, size_t n)
{
	s->too_large = s->too_large || n > s->lim->otlp_answer_bytes - s->head_bytes - s->answer.n;
	return !s->too_large;
}

static size_t take_body(char *p, size_t one, size_t n, void *ctx)
{
	struct otlp_sender *s = ctx;

	return count(s, n) && !buf__add(&s->answer, span(p, n)) ? n : 0;
}

static bool named(struct span line, const char *name, struct span *ret_value)
{
	struct span key = span_str(name);

	if (line.n <= key.n || line.p[key.n] != ':' || !span_ieq(span_head(line, key.n), key))
		return false;
	*ret_value = span_skip(line, key.n + 1);
	return true;
}

static size_t take_header(char *p, size_t one, size_t n, void *ctx)
{
	struct otlp_sender *s = ctx;
	struct span line = span(p, n), value;
	unsigned int ms;

	if (!count(s, n))
		return 0;
	s->head_bytes += n;
	while (line.n && (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\r'))
		line.n--;
	if (span_starts(line, SPAN_LIT("HTTP/"))) { /* after an interim answer, another one */
		s->retry_after_ms = 0;
		s->is_protobuf = false;
	} else if (named(line, "retry-after", &value)) {
		if (!retry__after_ms(value, (uint64_t)time(NULL), &ms))
			s->retry_after_ms = ms;
	} else if (named(line, "content-type", &value)) {
		s->is_protobuf = span_ieq(span_head(span_trim(value), 22),
					  SPAN_LIT("application/x-protobuf"));
	}
	return n;
}

/* ---- credentials: no text that the other end chose may repeat one ---- */

static void mask(char *text, struct span secret)
{
	char *at = text;

	if (secret.n < SECRET_LEAST)
		return;
	while ((at = memmem(at, strlen(at), secret.p, secret.n)))
		memset(at, 'x', secret.n);
}

/* Each word of a value: "Bearer" and what follows it, the parts of a query. */
static void mask_words(char *text, const char *value)
{
	size_t n;

	for (; *value; value += n + (value[n] != '\0')) {
		n = strcspn(value, " &=;,");
		mask(text, span(value, n));
	}
}

static void mask_url(char *text, const char *url)
{
	static const CURLUPart parts[] = {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY};
	CURLU *u = curl_url();
	char *part;
	size_t i;

	for (i = 0; u && i < sizeof(parts) / sizeof(parts[0]); i++) {
		part = NULL;
		if (!curl_url_set(u, CURLUPART_URL, url, 0) &&
		    !curl_url_get(u, parts[i], &part, CURLU_URLDECODE))
			mask_words(text, part);
		curl_free(part);
	}
	curl_url_cleanup(u);
}

static void mask_all(char *text, const struct otlp_target *t)
{
	unsigned int i;

	if (!*text)
		return;
	for (i = 0; i < t->n_headers; i++)
		mask_words(text, t->headers[i].value);
	mask_url(text, t->url);
}

/* ---- set-up ---- */

static int add_header(struct curl_slist **list, const char *key, const char *value)
{
	struct curl_slist *longer;
	char *line;

	/* curl takes "name;" for a header without a value, "name:" for one not to be sent. */
	if (asprintf(&line, *value ? "%s: %s" : "%s;", key, value) < 0)
		return -ENOMEM;
	longer = curl_slist_append(*list, line);
	free(line);
	if (!longer)
		return -ENOMEM;
	*list = longer;
	return 0;
}

static int add_headers(struct curl_slist **list, const struct otlp_target *t, bool gzip)
{
	struct curl_slist *longer = curl_slist_append(*list, "Expect:"); /* do not wait for a 100 */
	unsigned int i;
	int err;

	if (!longer)
		return -ENOMEM;
	*list = longer;
	err = add_header(list, "Content-Type", "application/x-protobuf");
	if (!err && gzip)
		err = add_header(list, "Content-Encoding", "gzip");
	for (i = 0; i < t->n_headers && !err; i++)
		err = add_header(list, t->headers[i].key, t->headers[i].value);
	return err;
}

/* No program that is started later inherits it. */
static curl_socket_t open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *a)
{
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

static int set_up(struct otlp_sender *s)
{
	static const char agent[] =
		"llmsnoop/" LLMSNOOP_VERSION " OTel-OTLP-Exporter-C/" EXPORTER_VERSION;
	const struct otlp_target *t = s->target;
	CURL *c = s->easy;
	CURLcode bad = CURLE_OK;

	/* The options' types differ: each has its own call. */
#define SET(option, value) (bad = bad ? bad : curl_easy_setopt(c, option, value))
	SET(CURLOPT_URL, t->url);
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_POST, 1L);
	SET(CURLOPT_USERAGENT, agent);
	SET(CURLOPT_NOSIGNAL, 1L);
	/* A name server that does not answer must not hold up the end of the program. */
	SET(CURLOPT_QUICK_EXIT, 1L);
	SET(CURLOPT_TCP_KEEPALIVE, 1L);
	SET(CURLOPT_TCP_KEEPIDLE, KEEPALIVE_S);
	SET(CURLOPT_ERRORBUFFER, s->error);
	SET(CURLOPT_WRITEFUNCTION, take_body);
	SET(CURLOPT_WRITEDATA, s);
	SET(CURLOPT_HEADERFUNCTION, take_header);
	SET(CURLOPT_HEADERDATA, s);
	SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
	SET(CURLOPT_PRIVATE, s);
	if (t->certificate) {
		SET(CURLOPT_CAINFO, t->certificate);
		SET(CURLOPT_CAPATH, NULL); /* those alone are trusted */
	}
	if (t->client_certificate)
		SET(CURLOPT_SSLCERT, t->client_certificate);
	if (t->client_key)
		SET(CURLOPT_SSLKEY, t->client_key);
#undef SET
	return bad == CURLE_OUT_OF_MEMORY ? -ENOMEM : bad ? -EIO : 0;
}

int otlp_sender__init(struct otlp_sender *s, const struct otlp_target *target,
		      const struct limits *lim)
{
	int err = -ENOMEM;

	*s = (struct otlp_sender){.target = target, .lim = lim};
	buf__init(&s->answer, lim->otlp_answer_bytes);
	s->where = otlp_url__shown(target->url);
	s->easy = curl_easy_init();
	if (s->where && s->easy)
		err = add_headers(&s->plain, target, false);
	if (!err)
		err = add_headers(&s->gzip, target, true);
	if (!err)
		err = set_up(s);
	if (err)
		otlp_sender__free(s);
	return err;
}

void otlp_sender__free(struct otlp_sender *s)
{
	curl_easy_cleanup(s->easy);
	curl_slist_free_all(s->plain);
	curl_slist_free_all(s->gzip);
	buf__free(&s->answer);
	free(s->where);
	*s = (struct otlp_sender){0};
}

/* ---- attempts ---- */

void otlp_sender__begin(struct otlp_sender *s, const struct otlp_batch *b, uint64_t timeout_ms)
{
	buf__free(&s->answer);
	s->head_bytes = 0;
	s->too_large = s->is_protobuf = false;
	s->retry_after_ms = 0;
	s->error[0] = '\0';
	curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER, b->gzip ? s->gzip : s->plain);
	curl_easy_setopt(s->easy, CURLOPT_POSTFIELDS, (const char *)b->body);
	curl_easy_setopt(s->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)b->n_bytes);
	curl_easy_setopt(s->easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
}

/* What TLS says is wrong with a certificate helps; curl's other words vary with each attempt. */
static bool of_tls(CURLcode code)
{
	return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CONNECT_ERROR ||
	       code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_CERTPROBLEM;
}

static void judge(struct otlp_sender *s, CURLcode code, struct otlp_result *ret)
{
	struct otlp_attempt a = {.code = code, .too_large = s->too_large, .where = s->where};
	struct otlp_answer answer = {0};

	*ret = (struct otlp_result){0};
	curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &a.status);
	ret->fate = otlp_outcome__fate(&a, &ret->reason);
	ret->retry_after_ms = s->retry_after_ms;
	if (ret->fate == OTLP_TAKEN) {
		/* Many answer with something else than the protocol's messages: it is taken. */
		if (s->is_protobuf && !code &&
		    !otlp_answer__success(buf__span(&s->answer), &answer))
			ret->rejected = answer.rejected;
		mask_all(answer.text, s->target);
		if (!ret->rejected && !*answer.text)
			return;
		ret->kind = 1;
		snprintf(ret->text, sizeof(ret->text), "OTLP to %s: the collector %s: %s", s->where,
			 ret->rejected
				 ? "rejects some of what is sent, which is dropped and counted"
				 : "warns",
			 *answer.text ? answer.text : "it does not say why");
		return;
	}
	if (a.status)
		otlp_answer__failure(buf__span(&s->answer), s->is_protobuf, &answer);
	else if (of_tls(code))
		snprintf(answer.text, sizeof(answer.text), "%s", s->error);
	mask_all(answer.text, s->target);
	a.said = answer.text;
	ret->kind = otlp_outcome__kind(&a);
	otlp_outcome__text(&a, ret->text, sizeof(ret->text));
}

void otlp_sender__end(struct otlp_sender *s, CURLcode code, struct otlp_result *ret)
{
	judge(s, code, ret);
	buf__free(&s->answer);
}

// SPDX-License-Identifier: Apache-2.0
/* tlsprovider: a provider in one small program, for systems that have nothing but a kernel, busybox
 * and OpenSSL. Makes a certificate for itself, then answers chat completions on 127.0.0.1.
 *   tlsprovider CA_FILE       prints `READY port=N` and serves until it is killed
 * What call number N is told follows from N alone, so that a record can be checked without a list:
 * id chatcmpl-N, x-request-id req-N, 1000 + N input tokens, and as many output tokens as were asked
 * for (X-Demo: tokens=T, else 5). ttft=SECONDS is waited before the first, gap=SECONDS between
 * tokens. */
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>

#include "tls_call.h"

#define REQUEST_MAX (64UL << 20)
#define MODEL "gpt-4o-mini-2024-07-18"

struct provider {
	SSL_CTX *ctx;
	unsigned int served;
};

struct served {
	struct provider *provider;
	int fd;
};

static void check(bool good, const char *what)
{
	if (!good)
		errx(1, "%s: %s", what, ERR_error_string(ERR_get_error(), NULL));
}

static void add_extension(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	check(e && X509_add_ext(cert, e, -1), "extension");
	X509_EXTENSION_free(e);
}

/* Its own authority: what clients trust is the certificate itself. */
static SSL_CTX *certified(const char *ca_file)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	FILE *f = fopen(ca_file, "we");
	X509_NAME *name;

	check(ctx && key && cert && f, "certificate");
	name = X509_get_subject_name(cert);
	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	/* A virtual machine's clock may be wrong by a time zone. */
	X509_gmtime_adj(X509_getm_notBefore(cert), -2 * 86400);
	X509_gmtime_adj(X509_getm_notAfter(cert), 2 * 86400);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1,
				   -1, 0);
	X509_set_issuer_name(cert, name);
	X509_set_pubkey(cert, key);
	add_extension(cert, NID_basic_constraints, "critical,CA:TRUE");
	add_extension(cert, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
	check(X509_sign(cert, key, EVP_sha256()) > 0, "signature");
	check(PEM_write_X509(f, cert) == 1 && fclose(f) == 0, ca_file);
	check(SSL_CTX_use_certificate(ctx, cert) == 1 && SSL_CTX_use_PrivateKey(ctx, key) == 1,
	      "use of the certificate");
	X509_free(cert);
	EVP_PKEY_free(key);
	return ctx;
}

/* A whole request with its body, NUL-terminated; NULL: the peer is gone. Freed by the caller. */
static char *read_request(SSL *ssl, size_t *ret_body)
{
	size_t room = 64 << 10, have = 0, want = SIZE_MAX;
	char *p = malloc(room + 1), *end, *length;

	while (p && have < want) {
		int n;

		if (have == room) {
			char *more = room < REQUEST_MAX ? realloc(p, room * 2 + 1) : NULL;

			if (!more)
				break;
			p = more;
			room *= 2;
		}
		n = SSL_read(ssl, p + have, (int)(room - have));
		if (n <= 0)
			break;
		have += (size_t)n;
		p[have] = '\0';
		if (want == SIZE_MAX && (end = strstr(p, "\r\n\r\n"))) {
			length = strcasestr(p, "\r\nContent-Length: ");
			*ret_body = (size_t)(end - p) + 4;
			want = *ret_body +
			       (length && length < end ? strtoul(length + 18, NULL, 10) : 0);
		}
	}
	if (p && have >= want)
		return p;
	free(p);
	return NULL;
}

static double demo(const char *request, const char *name, double otherwise)
{
	const char *line = strcasestr(request, "\r\nX-Demo: ");
	const char *at = line ? strstr(line + 2, name) : NULL;

	/* Only in that line, and only a whole word. */
	if (!at || at > strchr(line + 2, '\r') || (at[-1] != ' ' && at[-1] != '&'))
		return otherwise;
	return strtod(at + strlen(name), NULL);
}

static void rest(double seconds)
{
	struct timespec t = {.tv_sec = (time_t)seconds,
			     .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)};

	if (seconds > 0)
		nanosleep(&t, NULL);
}

static bool send_text(SSL *ssl, const char *text, int n)
{
	return SSL_write(ssl, text, n) == n;
}

/* One server-sent event, one chunk. data is printed with the given id and content. */
static bool send_event(SSL *ssl, unsigned int id, const char *choices, const char *usage)
{
	char data[1024], chunk[1200];
	int n = snprintf(data, sizeof(data),
			 "data: {\"id\":\"chatcmpl-%u\",\"object\":\"chat.completion.chunk\","
			 "\"model\":\"" MODEL "\",\"choices\":%s%s}\n\n",
			 id, choices, usage);

	n = snprintf(chunk, sizeof(chunk), "%x\r\n%s\r\n", n, data);
	return send_text(ssl, chunk, n);
}

static bool stream(SSL *ssl, unsigned int id, int tokens, double ttft, double gap)
{
	static const char delta[] =
		"[{\"index\":0,\"delta\":{\"content\":\"word \"},\"finish_reason\":null}]";
	char usage[128], head[256];
	int n = snprintf(head, sizeof(head),
			 "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
			 "X-Request-Id: req-%u\r\nTransfer-Encoding: chunked\r\n\r\n",
			 id);
	bool good = send_text(ssl, head, n);

	rest(ttft);
	for (int i = 0; good && i < tokens; i++) {
		good = send_event(ssl, id, delta, "");
		rest(gap);
	}
	snprintf(usage, sizeof(usage), ",\"usage\":{\"prompt_tokens\":%u,\"completion_tokens\":%d}",
		 1000 + id, tokens);
	return good &&
	       send_event(ssl, id, "[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]", "") &&
	       send_event(ssl, id, "[]", usage) &&
	       send_text(ssl, "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n", 24);
}

static bool whole(SSL *ssl, unsigned int id, int tokens, double ttft)
{
	char body[1024], all[1400];
	int n = snprintf(body, sizeof(body),
			 "{\"id\":\"chatcmpl-%u\",\"object\":\"chat.completion\","
			 "\"model\":\"" MODEL "\",\"choices\":[{\"index\":0,\"message\":{"
			 "\"role\":\"assistant\",\"content\":\"words\"},"
			 "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":%u,"
			 "\"completion_tokens\":%d}}",
			 id, 1000 + id, tokens);

	rest(ttft);
	n = snprintf(all, sizeof(all),
		     "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
		     "X-Request-Id: req-%u\r\nContent-Length: %d\r\n\r\n%s",
		     id, n, body);
	return send_text(ssl, all, n);
}

static void *serve(void *arg)
{
	struct served *s = arg;
	struct provider *p = s->provider;
	SSL *ssl = SSL_new(p->ctx);
	bool good = ssl && SSL_set_fd(ssl, s->fd) && SSL_accept(ssl) == 1;
	char *request;
	size_t body = 0;

	while (good && (request = read_request(ssl, &body))) {
		unsigned int id = __atomic_add_fetch(&p->served, 1, __ATOMIC_RELAXED);
		int tokens = (int)demo(request, "tokens=", 5);
		double ttft = demo(request, "ttft=", 0), gap = demo(request, "gap=", 0);

		if (strstr(request + body, "\"stream\":true"))
			good = stream(ssl, id, tokens, ttft, gap);
		else
			good = whole(ssl, id, tokens, ttft);
		free(request);
	}
	SSL_free(ssl);
	close(s->fd);
	free(s);
	return NULL;
}

static int listen_any(int *ret_port)
{
	struct sockaddr_in sa = {.sin_family = AF_INET};
	socklen_t n = sizeof(sa);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) || listen(fd, 4096) ||
	    getsockname(fd, (struct sockaddr *)&sa, &n))
		err(1, "listening");
	*ret_port = ntohs(sa.sin_port);
	return fd;
}

int main(int argc, char **argv)
{
	struct provider p = {0};
	pthread_attr_t attr;
	int fd, port, one = 1;

	if (argc != 2)
		errx(2, "tlsprovider CA_FILE");
	signal(SIGPIPE, SIG_IGN);
	p.ctx = certified(argv[1]);
	fd = listen_any(&port);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 256 << 10);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	printf("READY port=%d\n", port);
	fflush(stdout);
	for (;;) {
		struct served *s = calloc(1, sizeof(*s));
		pthread_t t;

		if (!s)
			err(1, "memory");
		s->provider = &p;
		s->fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		if (s->fd < 0)
			err(1, "accept");
		setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		if (pthread_create(&t, &attr, serve, s))
			err(1, "thread");
	}
}

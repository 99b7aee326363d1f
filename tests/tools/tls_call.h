/* SPDX-License-Identifier: Apache-2.0 */
/* tls_call.h: one HTTP exchange over OpenSSL with write and read sizes of the caller's choice. For
 * helper programs of the tests, which are one file each: hence code in a header. Any error ends
 * the program with status 1 and a word. */
#ifndef TLS_CALL_H
#define TLS_CALL_H

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct tls_sizes {
	size_t write; /* bytes of one SSL_write; 0: the whole request at once */
	size_t read;  /* bytes of one SSL_read */
	bool ex;      /* SSL_write_ex, SSL_read_ex */
};

static inline uint64_t mono_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static inline SSL_CTX *tls_context(const char *ca)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (!ctx || SSL_CTX_load_verify_locations(ctx, ca, NULL) != 1)
		errx(1, "CA %s: %s", ca, ERR_error_string(ERR_get_error(), NULL));
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	return ctx;
}

/* A connection to 127.0.0.1:port, handshake done. */
static inline SSL *tls_connect(SSL_CTX *ctx, int port)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
	SSL *ssl;

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sa, sizeof(sa)))
		err(1, "connect to port %d", port);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	ssl = SSL_new(ctx);
	if (!ssl || !SSL_set_fd(ssl, fd) || SSL_connect(ssl) != 1)
		errx(1, "handshake: %s", ERR_error_string(ERR_get_error(), NULL));
	return ssl;
}

static inline void tls_close(SSL *ssl)
{
	int fd = SSL_get_fd(ssl);

	SSL_shutdown(ssl);
	SSL_free(ssl);
	close(fd);
}

static inline void tls_send(SSL *ssl, const char *p, size_t n, const struct tls_sizes *sz)
{
	while (n) {
		size_t want = sz->write && sz->write < n ? sz->write : n, done = 0;

		if (sz->ex) {
			if (SSL_write_ex(ssl, p, want, &done) != 1)
				errx(1, "SSL_write_ex");
		} else {
			int r = SSL_write(ssl, p, (int)want);

			if (r <= 0)
				errx(1, "SSL_write: %d", SSL_get_error(ssl, r));
			done = (size_t)r;
		}
		p += done;
		n -= done;
	}
}

/* Bytes read, 0 at the end. */
static inline size_t tls_recv(SSL *ssl, char *p, size_t n, bool ex)
{
	size_t done = 0;
	int r;

	if (ex) {
		r = SSL_read_ex(ssl, p, n, &done);
		return r == 1 ? done : 0;
	}
	r = SSL_read(ssl, p, (int)n);
	return r > 0 ? (size_t)r : 0;
}

/* Reads one response to its end: by content-length, by the last chunk, or by the connection's end.
 * Returns its status, 0 where none came. ret_bytes: all bytes of it; may be NULL. */
static inline int tls_response(SSL *ssl, const struct tls_sizes *sz, uint64_t *ret_bytes)
{
	static const char last_chunk[] = "\r\n0\r\n\r\n";
	size_t room = sz->read ? sz->read : 16384, have = 0, body_from = 0;
	char *head = calloc(1, 64 << 10), *buf = malloc(room), tail[8] = "";
	uint64_t total = 0, length = UINT64_MAX;
	bool chunked = false, started = false;
	int status = 0;

	if (!head || !buf)
		err(1, "memory");
	for (;;) {
		size_t n = tls_recv(ssl, buf, room, sz->ex), i;

		if (!n)
			break;
		total += n;
		for (i = 0; i < n; i++) {
			memmove(tail, tail + 1, 6);
			tail[6] = buf[i];
			if (started)
				continue;
			if (have + 1 < 64 << 10)
				head[have++] = buf[i];
			if (have < 4 || memcmp(head + have - 4, "\r\n\r\n", 4))
				continue;
			if (!strncmp(head, "HTTP/1.1 100", 12)) {
				memset(head, 0, have);
				have = 0;
				continue;
			}
			started = true;
			body_from = total - n + i + 1;
			status = have > 12 ? atoi(head + 9) : 0;
			chunked = strcasestr(head, "\r\ntransfer-encoding: chunked") != NULL;
			if (strcasestr(head, "\r\ncontent-length: "))
				length = strtoull(strcasestr(head, "\r\ncontent-length: ") + 18,
						  NULL, 10);
		}
		if (started && ((chunked && !memcmp(tail, last_chunk, 7)) ||
				(length != UINT64_MAX && total - body_from >= length)))
			break;
	}
	free(head);
	free(buf);
	if (ret_bytes)
		*ret_bytes = total;
	return status;
}

/* A chat completion request with a prompt of that many bytes. Owned by the caller. */
static inline char *chat_request(const char *demo, size_t prompt, bool stream, size_t *ret_len)
{
	static const char words[] = "every byte of this prompt is counted and none is kept; ";
	char head[1024], open[256];
	size_t n, i, body;
	char *p;

	/* The model comes last: it must be found behind any prompt. */
	snprintf(open, sizeof(open), "{\"messages\":[{\"role\":\"user\",\"content\":\"");
	body = strlen(open) + prompt + strlen("\"}],\"stream\":false,\"model\":\"gpt-4o-mini\"}") -
	       (stream ? 1 : 0);
	n = (size_t)snprintf(
		head, sizeof(head),
		"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
		"Content-Type: application/json\r\nAuthorization: Bearer sk-not-a-key\r\n"
		"X-Demo: %s\r\nContent-Length: %zu\r\n\r\n",
		demo, body);
	p = malloc(n + body + 1);
	if (!p)
		err(1, "memory");
	memcpy(p, head, n);
	memcpy(p + n, open, strlen(open));
	n += strlen(open);
	for (i = 0; i < prompt; i++)
		p[n + i] = words[i % (sizeof(words) - 1)];
	n += prompt;
	n += (size_t)sprintf(p + n, "\"}],\"stream\":%s,\"model\":\"gpt-4o-mini\"}",
			     stream ? "true" : "false");
	*ret_len = n;
	return p;
}

/* One whole exchange. Returns the status. */
static inline int tls_chat(SSL *ssl, const char *demo, size_t prompt, bool stream,
			   const struct tls_sizes *sz)
{
	size_t n;
	char *p = chat_request(demo, prompt, stream, &n);

	tls_send(ssl, p, n, sz);
	free(p);
	return tls_response(ssl, sz, NULL);
}

#endif

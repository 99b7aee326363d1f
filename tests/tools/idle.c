// SPDX-License-Identifier: Apache-2.0
/* idle: N TLS connections that carried one request each, no model call, and now rest. Both ends
 * are in this process, joined in memory, so that thousands cost no sockets.
 *   idle N CERT KEY      prints `rest` and keeps them until stdin ends */
#include "tls_call.h"

static const char request[] = "GET /status HTTP/1.1\r\nHost: example.invalid\r\n\r\n";
static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

static void pass(SSL *from, SSL *to, const char *p, size_t n)
{
	char buf[256];

	if (SSL_write(from, p, (int)n) != (int)n || SSL_read(to, buf, sizeof(buf)) != (int)n)
		errx(1, "exchange: %s", ERR_error_string(ERR_get_error(), NULL));
}

int main(int argc, char **argv)
{
	int n = argc > 3 ? atoi(argv[1]) : 0, i, round;
	SSL_CTX *client = SSL_CTX_new(TLS_client_method());
	SSL_CTX *server = SSL_CTX_new(TLS_server_method());
	char byte;

	if (!n || SSL_CTX_use_certificate_file(server, argv[2], SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_use_PrivateKey_file(server, argv[3], SSL_FILETYPE_PEM) != 1)
		errx(2, "idle N CERT KEY");
	SSL_CTX_set_num_tickets(server, 0);
	for (i = 0; i < n; i++) {
		SSL *c = SSL_new(client), *s = SSL_new(server);
		BIO *a, *b;

		if (!c || !s || !BIO_new_bio_pair(&a, 0, &b, 0))
			errx(1, "memory");
		SSL_set_bio(c, a, a);
		SSL_set_bio(s, b, b);
		SSL_set_connect_state(c);
		SSL_set_accept_state(s);
		for (round = 0; round < 8; round++) {
			SSL_do_handshake(c);
			SSL_do_handshake(s);
		}
		pass(c, s, request, sizeof(request) - 1);
		pass(s, c, answer, sizeof(answer) - 1);
		/* The objects are meant to live: nothing is freed. */
	}
	puts("rest");
	fflush(stdout);
	while (read(0, &byte, 1) > 0)
		;
	_exit(0);
}

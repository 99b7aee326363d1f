// SPDX-License-Identifier: Apache-2.0
/* tinytls: a library that looks like OpenSSL and is as small as one can be: for tests that need
 * more than a thousand of them. Nobody calls it. */
#include <stddef.h>

int SSL_read(void *ssl, void *buf, int num);
int SSL_write(void *ssl, const void *buf, int num);
void *SSL_new(void *ctx);
void SSL_free(void *ssl);

static volatile int calls;

int SSL_read(void *ssl, void *buf, int num)
{
	return calls += num;
}

int SSL_write(void *ssl, const void *buf, int num)
{
	return calls -= num;
}

void *SSL_new(void *ctx)
{
	calls++;
	return ctx;
}

void SSL_free(void *ssl)
{
	calls--;
}

/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/* tls_fn.h: the functions that carry probes, and the cookie that names one to its program. */
#ifndef LLMSNOOP_TLS_FN_H
#define LLMSNOOP_TLS_FN_H

enum tls_fn {
	FN_NONE,
	FN_READ,      /* int SSL_read(ssl, buf, num): bytes */
	FN_READ_EX,   /* int SSL_read_ex(ssl, buf, num, &done): 1; ssl_read_internal alike */
	FN_WRITE,     /* int SSL_write(ssl, buf, num): bytes */
	FN_WRITE_EX,  /* int SSL_write_ex(ssl, buf, num, &done): 1 */
	FN_WRITE_EX2, /* int SSL_write_ex2(ssl, buf, num, flags, &done): 1; 3.3 and later.
			 ssl_write_internal has the same order of arguments there */
	FN_SENDFILE,  /* ssize_t SSL_sendfile(ssl, fd, offset, size, flags): bytes */
	FN_NEW,	      /* SSL *SSL_new(ctx) */
	FN_FREE,      /* void SSL_free(ssl) */
	FN_CLEAR,     /* int SSL_clear(ssl) */
	FN_MAX,
};

/* bits 0-7 enum tls_fn, 8-15 enum tls_stack; TLS_COOKIE_SURE: a result of 0 means the peer's end */
#define TLS_COOKIE(fn, stack) ((unsigned long long)(fn) | (unsigned long long)(stack) << 8)
#define TLS_COOKIE_SURE (1ULL << 16)

#endif

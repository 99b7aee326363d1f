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
	FN_HANDSHAKE, /* int SSL_do_handshake(ssl): 1 once it is done; where SSL_new is not known */
	/* lengths and results of 64 bits (ssize_t); negative: an error, or to be called again */
	FN_READ_SIZE,	/* gnutls_record_recv(session, buf, num): bytes */
	FN_WRITE_SIZE,	/* gnutls_record_send2(session, buf, num, pad, flags): bytes */
	FN_WRITE_EARLY, /* gnutls_record_send_early_data(session, buf, num): 0: all of them */
	FN_READ_PACKET, /* gnutls_record_recv_packet(session, &packet): bytes, not in a buffer */
	FN_WRITE_AGAIN, /* gnutls_record_uncork(session, wait): within, what was told is sent */
	FN_NEW_OUT,	/* int gnutls_init(&session, flags): 0 */
	/* of descriptors that may be no TLS connection */
	FN_PR_READ,	 /* int PR_Read(fd, buf, num): bytes */
	FN_PR_RECV,	 /* int PR_Recv(fd, buf, num, flags, timeout): bytes */
	FN_PR_WRITE,	 /* int PR_Write(fd, buf, num), PR_Send: bytes */
	FN_RUST_ENCRYPT, /* rustls: MessageEncrypter::encrypt(&mut self, message, seq) */
	FN_RUST_DECRYPT, /* rustls: MessageDecrypter::decrypt(&mut self, message, seq) */
	/* Go: methods of crypto/tls.Conn, arguments and results in Go's own registers */
	FN_GO_READ,	 /* Read(b []byte) (n int, err error) */
	FN_GO_WRITE,	 /* Write(b []byte) (int, error) */
	FN_GO_HANDSHAKE, /* clientHandshake(ctx), serverHandshake(ctx): a connection begins */
	FN_GO_CLOSE,	 /* Close() */
	FN_MAX,
};

/* What functions have in common: sets of them. */
#define FN_BIT(fn) (1ULL << (fn))
#define FN_IN(fn, set) ((set) >> ((fn)&63) & 1)
#define FNS_PR (FN_BIT(FN_PR_READ) | FN_BIT(FN_PR_RECV) | FN_BIT(FN_PR_WRITE))
#define FNS_READ                                                                                \
	(FN_BIT(FN_READ) | FN_BIT(FN_READ_EX) | FN_BIT(FN_READ_SIZE) | FN_BIT(FN_READ_PACKET) | \
	 FN_BIT(FN_PR_READ) | FN_BIT(FN_PR_RECV))
/* the buffer's length is an int */
#define FNS_INT (FN_BIT(FN_READ) | FN_BIT(FN_WRITE) | FNS_PR)
/* the result is a length of 64 bits */
#define FNS_SIZE                                                              \
	(FN_BIT(FN_READ_SIZE) | FN_BIT(FN_WRITE_SIZE) | FN_BIT(FN_SENDFILE) | \
	 FN_BIT(FN_READ_PACKET))
/* the bytes are in no buffer that could be read: only how many they are is known */
#define FNS_GAP (FN_BIT(FN_SENDFILE) | FN_BIT(FN_READ_PACKET))
/* what they are given becomes records that are sent at once */
#define FNS_SEND                                                                                 \
	(FN_BIT(FN_WRITE) | FN_BIT(FN_WRITE_EX) | FN_BIT(FN_WRITE_EX2) | FN_BIT(FN_WRITE_SIZE) | \
	 FN_BIT(FN_PR_WRITE))
#define FNS_NEW (FN_BIT(FN_NEW) | FN_BIT(FN_NEW_OUT))

/* bits 0-7 enum tls_fn, 8-15 enum tls_stack; TLS_COOKIE_SURE: a result of 0 means the peer's end */
#define TLS_COOKIE(fn, stack) ((unsigned long long)(fn) | (unsigned long long)(stack) << 8)
#define TLS_COOKIE_SURE (1ULL << 16)

#endif

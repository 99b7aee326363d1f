/* SPDX-License-Identifier: Apache-2.0 */
/* client_hello.h: the host that a client names before its connection is encrypted (RFC 8446, 4.1.2;
 * RFC 6066, 3). No I/O, clock, globals or logging. */
#ifndef LLMSNOOP_CLIENT_HELLO_H
#define LLMSNOOP_CLIENT_HELLO_H

#include "base/span.h"

#define CLIENT_HELLO_MAX 4096 /* with post-quantum key shares they have 1.8 KiB */

enum hello_is {
	HELLO_NO,   /* no ClientHello, or one that cannot be read */
	HELLO_MORE, /* the name is in bytes that have not come */
	HELLO_NAME,
	HELLO_NAMELESS, /* a whole ClientHello without a name */
};

/* in: a handshake message, or its beginning. HELLO_NAME: *ret is the server name, part of in. */
enum hello_is client_hello__name(struct span in, struct span *ret);

/* The same for what a client sends first on a TCP connection: TLS records (RFC 8446, 5.1), of which
 * the first is looked into. */
enum hello_is client_hello__of_record(struct span in, struct span *ret);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* quic_initial.h: which host a QUIC connection goes to. The first packets of a client are encrypted
 * with keys that anybody can derive from them (RFC 9001, 5.2), so that the server name can be read
 * from outside though nothing after it can. No I/O, clock, globals or logging. */
#ifndef LLMSNOOP_QUIC_INITIAL_H
#define LLMSNOOP_QUIC_INITIAL_H

#include <stdint.h>

#include "base/span.h"
#include "capture/client_hello.h"

#define QUIC_CID_MAX 20 /* RFC 9000, 17.2 */
#define QUIC_DATAGRAM_MAX                                                      \
	1500 /* longer ones are no first packets (RFC 9000, 14.1: 1200 and up) \
	      */

/* The beginning of one connection: what came of its ClientHello, in any order. */
struct quic_hello {
	uint8_t cid[QUIC_CID_MAX]; /* the client's first choice for the server */
	uint8_t n_cid;
	uint8_t bytes[CLIENT_HELLO_MAX];
	uint8_t have[CLIENT_HELLO_MAX / 8]; /* bit n: bytes[n] came */
};

/* The connection id of a datagram that may be a client's Initial packet of a version that is known
 * (1, RFC 9000; 2, RFC 9369); an empty span: it is none. Borrowed from datagram. */
struct span quic_initial__cid(struct span datagram);

/* Takes a datagram in. h is zeroed before the first; those that follow must have the same id.
 * HELLO_NAME: *ret_name is the server name, borrowed from h. */
enum hello_is quic_hello__take(struct quic_hello *h, struct span datagram, struct span *ret_name);

/* The keys of the client's Initial packets (RFC 9001, 5.2; RFC 9369, 3.3.2). 0; -EIO: the library
 * failed. */
struct quic_keys {
	uint8_t key[16], iv[12], hp[16];
};
int quic_keys__derive(struct span cid, uint32_t version, struct quic_keys *ret);

#endif

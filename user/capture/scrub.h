/* SPDX-License-Identifier: Apache-2.0 */
/* scrub.h: takes credentials out of captured plaintext before it is written to a file. Each byte of
 * a secret is replaced by SECRET_MASK, so lengths and offsets stay.
 *
 * What is masked: values of secret headers (base/secret.h), with their folded continuation lines,
 * but for a scheme word "Bearer " or "Basic "; values of secret query parameters in request lines
 * and in headers that hold a URL; WebSocket subprotocols, which may hold a key; in HTTP/2 the same,
 * in a way that lets its header blocks be decoded still (scrub_hpack.h). Headers and request lines
 * of HTTP/1 are found by their looks, not by message: what looks like one in a body is masked as
 * well.
 *
 * After a gap nobody knows where the bytes belong. In the direction of answers, whose heads hold
 * few secrets and whose bodies hold the facts, nothing is masked unless a header was being read
 * when the bytes were lost. Otherwise all up to the next line end is masked, but no more than
 * SCRUB_UNSURE_MAX, unless an SSL call begins there with the start of a message. On a connection
 * met after its start all is masked until a message begins. In HTTP/2 a gap within a frame's data
 * changes nothing; after another one all is masked, with zeros, until an SSL call begins with what
 * looks like a frame, and so are values whose field's name was in the gap. */
#ifndef LLMSNOOP_SCRUB_H
#define LLMSNOOP_SCRUB_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/capture.h"

#define SCRUB_UNSURE_MAX (64 << 10)

struct scrub;

/* State for at most conns connections; where there are more, the one opened first is forgotten and
 * treated as after a gap. */
int scrub__new(unsigned int conns, struct scrub **ret);
void scrub__free(struct scrub *s); /* NULL is fine */

/* Copies d->bytes to out (d->bytes.n bytes) without secrets. Any split of the data yields the same.
 * d may be a gap; out is then not touched. -ENOMEM: there is no state, and all is masked. */
int scrub__data(struct scrub *s, const struct capture_data *d, uint8_t *out);
void scrub__close(struct scrub *s, uint64_t conn);
void scrub__exit(struct scrub *s, uint32_t pid);

/* Masks what looks like a credential in a command line, in place: the value of an option, header or
 * URL parameter with a secret name, and words that begin as well-known keys do. */
void scrub__cmdline(char *cmdline);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* secret.h: which names carry credentials. The one table that the header parser and the writer of
 * capture files share, so that neither lets through what the other stops. */
#ifndef LLMSNOOP_SECRET_H
#define LLMSNOOP_SECRET_H

#include "base/span.h"

/* The longest name that a rule compares as a whole. A name's last bytes of that number decide,
 * but for "authorization", which counts anywhere in the name. */
#define SECRET_NAME_MAX 25

/* What replaces each byte of a credential; in upper case where it has to be (scrub_hpack.c). */
#define SECRET_MASK 'x'

/* Does the value of an HTTP header of this name hold a credential? Case does not matter. */
bool secret__header(struct span name);

/* Does the value of a URL query parameter of this name? As sent, not percent-decoded. */
bool secret__query(struct span param);

/* Was this value of a secret header masked when it was captured (but for its scheme word)? Then
 * nothing can be told from it: a fingerprint of it would only be one of its length. */
bool secret__masked(struct span value);

#endif

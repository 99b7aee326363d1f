/* SPDX-License-Identifier: Apache-2.0 */
/* h2.h: HTTP/2, for now only recognised, so that it is counted. */
#ifndef LLMSNOOP_H2_H
#define LLMSNOOP_H2_H

#include "stream/protocol.h"

/* open is NULL: seen, not decoded. The client is known by its preface (RFC 9113, 3.4), the server
 * by the SETTINGS frame that it must begin with. */
extern const struct protocol http2_protocol;

#endif

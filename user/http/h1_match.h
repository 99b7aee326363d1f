/* SPDX-License-Identifier: Apache-2.0 */
/* h1_match.h: how HTTP/1 messages begin, judged from their first bytes. */
#ifndef LLMSNOOP_H1_MATCH_H
#define LLMSNOOP_H1_MATCH_H

#include "stream/protocol.h"

/* "METHOD SP x" with a registered method that LLM traffic may share a connection with (RFC 9110,
 * 9.1, and PATCH), x being what a request target may begin with. Decides within 9 bytes. */
enum protocol_match h1__match_request(struct span first);

/* "HTTP/1.x NNN" and a space or the line's end. Decides within 13 bytes. */
enum protocol_match h1__match_response(struct span first);

/* Both of them: struct protocol.match. */
enum protocol_match h1__match(struct span first, enum side *ret_side);

/* A start line's bytes so far: can it become one? Any token is a method here. For places where a
 * message must begin; where one may, h1__match_* are stricter. */
bool h1__may_become_start_line(enum side side, struct span line);

/* RFC 9110, 5.6.2: characters of methods and header names. */
bool h1__is_token(uint8_t c);

#endif

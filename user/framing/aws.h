/* SPDX-License-Identifier: Apache-2.0 */
/* aws.h: application/vnd.amazon.eventstream (Amazon Event Stream specification, Smithy): frames of
 *
 *	total length u32, headers' length u32, CRC-32 of these 8 bytes u32,
 *	headers, payload, CRC-32 of all before it u32; big-endian,
 *
 * a header being its name's length u8, name, type u8 and value. A frame is a message. Its name is
 * the :event-type; '!' and the :exception-type or, where :message-type is error, the :error-code.
 *
 * Payloads pass as they come. Wrong lengths, headers or a wrong CRC of the prelude are -EBADMSG
 * before the message begins; a wrong CRC of the frame is known at its end, which is then told as
 * incomplete. After a gap of known size inside a frame it goes on with the next one, after any
 * other nothing more is told. */
#ifndef LLMSNOOP_AWS_H
#define LLMSNOOP_AWS_H

#include "framing/framing_type.h"

/* Longer than any name a service uses, as SSE_NAME_MAX. */
#define AWS_NAME_MAX 128

extern const struct framing_type framing_aws;

#endif

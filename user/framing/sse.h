/* SPDX-License-Identifier: Apache-2.0 */
/* sse.h: text/event-stream as the HTML standard's "event stream interpretation" has it: lines end
 * with LF, CR or CRLF, a first BOM is dropped, comments and unknown fields are ignored, several
 * data lines are joined by LF, an empty line ends the event, an event without data is none. id and
 * retry tell nothing here and are ignored.
 *
 * Beyond the standard: a field line `error: {...}`, by which llama.cpp and gpustack break a stream
 * off, is an event of the name "error" with that value as its data (what data came before it is an
 * event of its own). An event that the end of the body cuts off is told as incomplete instead of
 * being dropped.
 *
 * Data are handed on as they come, so that an event may have any size; only the event's name is
 * kept, and no more than SSE_NAME_MAX bytes of it. After a gap everything up to the next empty
 * line is dropped. */
#ifndef LLMSNOOP_SSE_H
#define LLMSNOOP_SSE_H

#include "framing/framing_type.h"

/* Longer than any name a provider uses: what is cut could have equalled none of them. */
#define SSE_NAME_MAX 128

extern const struct framing_type framing_sse;

#endif

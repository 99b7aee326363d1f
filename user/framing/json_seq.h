/* SPDX-License-Identifier: Apache-2.0 */
/* json_seq.h: JSON documents one after the other (NDJSON, JSON lines, Cohere's stream+json), or as
 * the elements of an array that grows (Gemini without alt=sse). Only structure is looked at:
 * strings, escapes, depth; whether a document is JSON is its scanner's business.
 *
 * Messages are the objects and arrays at the top or inside a root array, each ended by its closing
 * byte. Between them white space, commas and scalars pass unseen, and so does a first byte-order
 * mark. Where a byte cannot stand, everything is dropped up to where documents are known to begin:
 * at a '{' that begins a line, as in NDJSON. The same after a gap, except inside a root array none
 * of whose elements began a line, and where '{' began a line inside a document: then nothing more
 * is told, since what follows cannot be placed. */
#ifndef LLMSNOOP_JSON_SEQ_H
#define LLMSNOOP_JSON_SEQ_H

#include "framing/framing_type.h"

extern const struct framing_type framing_json_seq;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* any_value.h: JSON as OTLP's AnyValue: objects are kvlists, arrays arrays, null the empty value.
 */
#ifndef LLMSNOOP_OTLP_ANY_VALUE_H
#define LLMSNOOP_OTLP_ANY_VALUE_H

#include <stdbool.h>

#include "base/arena.h"
#include "sink/otlp/otlp.pb-c.h"

/* Objects and arrays inside one another that are told as such. Protobuf readers give up at 100
 * messages inside one another, and a level of JSON takes up to three; what is deeper is told as
 * JSON text. */
#define ANY_VALUE_DEPTH 24
/* Members of an object that is told as such. */
#define ANY_VALUE_MEMBERS 256

/* Fills *ret, whose parts are arena's. False: json is no JSON or has too
 * many members, or there is no memory. */
bool any_value__from_json(Otlp__AnyValue *ret, struct arena *arena, const char *json);

#endif

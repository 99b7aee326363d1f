/* SPDX-License-Identifier: Apache-2.0 */
/* whole.h: a body that is one message without a name. After a gap nothing more of it is told: what
 * follows cannot be placed. An empty body is no message. */
#ifndef LLMSNOOP_WHOLE_H
#define LLMSNOOP_WHOLE_H

#include "framing/framing_type.h"

extern const struct framing_type framing_whole;

#endif

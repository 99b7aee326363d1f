/* SPDX-License-Identifier: Apache-2.0 */
/* shape.h: exchanges whose path is not known. An HTTP/2 connection met in its middle may refer to a
 * :path that was said before. Then the bodies tell what it is: a few candidates read them side by
 * side, their facts are kept, and beside them the marks are looked for that only one wire has. Once
 * a mark of the answer and one of the request agree, that candidate tells its facts and goes on
 * alone. Never decided is never confirmed, so there is no record. It costs little where it is
 * something else: a request that does not begin with '{' ends it, and so does one without a mark.
 */
#ifndef LLMSNOOP_SHAPE_H
#define LLMSNOOP_SHAPE_H

#include "dialect/wire.h"

/* May a request of an unknown path be a model call? */
bool shape__may_be(const struct http_head *request);

/* Who reads what r is fed, one after the other: first those after NULL, at last NULL. That is r and
 * nobody else where the path is known. */
struct dialect_reader *shape__each(struct dialect_reader *r, const struct dialect_reader *before);

/* The reader of the dialect that was found, or r itself. */
const struct dialect_reader *shape__found(const struct dialect_reader *r);

#endif

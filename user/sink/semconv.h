/* SPDX-License-Identifier: Apache-2.0 */
/* semconv.h: which names of the OpenTelemetry GenAI conventions are told: those of the last
 * numbered release, or those of the newest text (--semconv). */
#ifndef LLMSNOOP_SEMCONV_H
#define LLMSNOOP_SEMCONV_H

enum semconv {
	SEMCONV_1_41,
	SEMCONV_LATEST,
};

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* agents.h: which agent a call is of, as far as the wire names it. */
#ifndef LLMSNOOP_CALL_AGENTS_H
#define LLMSNOOP_CALL_AGENTS_H

/* The agent's name by a request's User-Agent, or NULL: that of a library, or not known. Static. */
const char *agents__name(const char *user_agent);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* run_line.h: an agent's run in one line, for people. */
#ifndef LLMSNOOP_RUN_LINE_H
#define LLMSNOOP_RUN_LINE_H

#include "base/buf.h"
#include "call/agent.h"

/* Is it worth a line? One call has its own already. */
bool run_line__wanted(const struct agent_run *r);

/* Appends "run claude: 6 rounds, 7 tools, 48.1k/640, $0.0300, 41.0s, slowest Bash 12.3s", what
 * matters most first, without a time and a line's end. Texts are as the traced side chose them: see
 * human__text. The buffer's errors are ignored. */
void run_line__format(struct buf *out, const struct agent_run *r);

#endif

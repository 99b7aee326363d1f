// SPDX-License-Identifier: Apache-2.0
#include "call/agents.h"

#include <stddef.h>
#include <string.h>

/* As recorded traffic has them (facts/WIRE.md of the project's notes, section 4). What libraries
 * say of themselves is not whom they work for. */
static const struct {
	const char *begins, *name;
} agents[] = {
	{"claude-cli/", "claude-code"},
	{"codex_", "codex"},
	{"codex-", "codex"},
	{"GeminiCLI", "gemini-cli"},
	{"opencode/", "opencode"},
	{"CloudCodeVSCode/", "gemini-code-assist"},
};

const char *agents__name(const char *user_agent)
{
	size_t i;

	for (i = 0; user_agent && i < sizeof(agents) / sizeof(agents[0]); i++)
		if (!strncmp(user_agent, agents[i].begins, strlen(agents[i].begins)))
			return agents[i].name;
	return NULL;
}

// SPDX-License-Identifier: Apache-2.0
#include "preload.h"

#include <glob.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/live.h"

#define LIBRARIES "lib{ssl,gnutls,ssl3,nspr4}.so*"
#define AGENTS "{bun,claude,codex,deno,node,opencode}"

static const char *const libraries[] = {
	"/usr/lib/*-linux-gnu/" LIBRARIES,
	"/usr/lib64/" LIBRARIES,
	"/usr/lib/" LIBRARIES,
	"/lib/*-linux-gnu/" LIBRARIES,
	"/lib64/" LIBRARIES,
	"/usr/local/lib{,64}/" LIBRARIES,
	"/usr/{,local/}bin/node",
};

/* Installers' defaults: distribution, own installers, nvm, npm's packages with the real program. */
static const char *const agents[] = {
	"/usr/{,local/}bin/" AGENTS,
	"/{root,home/*}/.{bun,deno,local,opencode}/bin/" AGENTS,
	"/{root,home/*}/.local/share/claude/versions/*",
	"/{root,home/*}/.nvm/versions/node/*/bin/node",
	"/usr/{,local/}lib/node_modules/{opencode-ai,bun,deno}/bin/*",
	"/usr/{,local/}lib/node_modules/@anthropic-ai/claude-code{,/node_modules/@anthropic-ai/*}/"
	"claude",
	"/usr/{,local/}lib/node_modules/@openai/codex{,/node_modules/@openai/*}/vendor/*/"
	"{bin,codex}/codex",
};

static void all(struct live *l, const char *const *patterns, size_t n, bool later)
{
	glob_t g = {0};

	for (size_t i = 0; i < n; i++)
		glob(patterns[i], GLOB_BRACE | (i ? GLOB_APPEND : 0), NULL, &g);
	for (size_t i = 0; i < g.gl_pathc; i++)
		live__preload(l, g.gl_pathv[i], later);
	globfree(&g);
}

void preload__libraries(struct live *l)
{
	all(l, libraries, sizeof(libraries) / sizeof(libraries[0]), false);
}

void preload__agents(struct live *l)
{
	all(l, agents, sizeof(agents) / sizeof(agents[0]), true);
}

void preload__command(struct live *l, const char *name)
{
	const char *dir = getenv("PATH");
	char path[PATH_MAX];

	if (strchr(name, '/')) {
		live__preload(l, name, false);
		return;
	}
	for (size_t n; dir; dir = dir[n] ? dir + n + 1 : NULL) {
		n = strcspn(dir, ":");
		snprintf(path, sizeof(path), "%.*s/%s", n ? (int)n : 1, n ? dir : ".", name);
		if (access(path, X_OK))
			continue;
		live__preload(l, path, false);
		return;
	}
}

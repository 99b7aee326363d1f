// SPDX-License-Identifier: Apache-2.0
/* bpfload: loads the BPF programs in every way that this kernel allows, taking features away so
 * that each program that fits is loaded in some way. A line for each way, then
 *   PROGRAMS loaded=N unfit=N
 * Status 1 where a way is refused, or where a program that should fit was loaded in none. */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/features.h"
#include "capture/probes.h"

#define PROGRAMS_MAX 256

/* The features that LLMSNOOP_WITHOUT takes away. */
static const char *const ways[] = {
	"",
	"session",
	"session,task_storage,bpf_loop",
	"sock_length",
	"sock_length,task_storage",
	"task_regs",
	"multi",
	"multi,sock_length,bpf_loop",
	"multi,bpf_loop",
	"multi,bpf_loop,task_storage,cgroup_skb",
	"return_probes",
};

static struct program {
	char name[64];
	bool loaded;
} programs[PROGRAMS_MAX];
static int n_programs;

static void note(void *ctx, const char *name, bool loaded)
{
	int i, *n = ctx;

	for (i = 0; i < n_programs && strcmp(programs[i].name, name); i++)
		;
	if (i == PROGRAMS_MAX)
		errx(1, "more than %d programs", PROGRAMS_MAX);
	if (i == n_programs)
		snprintf(programs[n_programs++].name, sizeof(programs[i].name), "%s", name);
	programs[i].loaded |= loaded;
	*n += loaded;
}

static bool has_twin(const char *name)
{
	size_t n = strlen(name);

	for (int i = 0; i < n_programs; i++)
		if (!strncmp(programs[i].name, name, n) && !strcmp(programs[i].name + n, "_turns"))
			return true;
	return false;
}

/* What a program needs that not every kernel has, by its name (attach.c goes by it, too). */
static bool fits(const char *name, const struct features *f)
{
	const struct {
		const char *part;
		bool there;
	} needs[] = {
		{"_session", f->uprobe_session}, {"_multi_", f->uprobe_multi},
		{"hello_egress", f->cgroup_skb}, {"on_inet", f->sock_exit},
		{"on_sock_", f->sock_length},
	};

	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		if (strstr(name, needs[i].part))
			return needs[i].there;
	return f->bpf_loop || !has_twin(name);
}

int main(void)
{
	const struct probes_config config = {.ring_bytes = 1 << 20, .all = true, .follow = true};
	struct features all, f;
	int loaded = 0, unfit = 0, status = 0;

	features__probe(&all);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		const char *what = "";
		struct probes *p;
		int n = 0, e;

		if (!all.uprobe_multi && strstr(ways[i], "return_probes"))
			continue;
		setenv("LLMSNOOP_WITHOUT", ways[i], 1);
		features__probe(&f);
		e = probes__new(&config, &f, &what, &p);
		if (e) {
			printf("%s: %s: %s\n", ways[i], what, strerror(-e));
			status = 1;
			continue;
		}
		probes__programs(p, note, &n);
		printf("%s: %s, %d programs\n", *ways[i] ? ways[i] : "all", probes__method(p), n);
		probes__free(p);
	}
	for (int i = 0; i < n_programs; i++) {
		if (programs[i].loaded) {
			loaded++;
		} else if (!fits(programs[i].name, &all)) {
			unfit++;
		} else {
			printf("%s: never loaded\n", programs[i].name);
			status = 1;
		}
	}
	printf("PROGRAMS loaded=%d unfit=%d\n", loaded, unfit);
	return status || !loaded;
}

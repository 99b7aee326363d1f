// SPDX-License-Identifier: Apache-2.0
#include "capture/plan.h"

#include <errno.h>
#include <unistd.h>

#include "capture/debug_file.h"
#include "capture/elf.h"
#include "capture/site.h"

static bool is_left_out(bool want_rets, const struct probe_point *pt)
{
	return !pt->n_rets && (pt->way == SITE_RETS || (want_rets && pt->way == SITE_CALL));
}

static void plan_point(bool want_rets, struct elf_file *elf, const struct located *l,
		       struct probe_site *site, struct plan *plan)
{
	struct probe_point *pt = &plan->points[plan->n];
	bool tail = false;
	int n;

	if (site->left_out) /* its locator knows why */
		return;
	*pt = (struct probe_point){
		.fn = site->fn,
		.way = site->way,
		.stack = l->stack,
		.entry = site->file_offset,
		.sure = site->sure,
	};
	if (site->way == SITE_RETS || (want_rets && site->way == SITE_CALL)) {
		n = site__rets(elf, &site->sym, plan->rets[plan->n], RETS_MAX, &tail);
		if (n > 0 && !tail) {
			pt->rets = plan->rets[plan->n];
			pt->n_rets = n;
		}
	}
	if (is_left_out(want_rets, pt))
		site->left_out =
			"a return probe would harm here, and where it returns is not known";
	plan->n++;
	plan->stacks |= 1U << l->stack;
}

/* Of the plain functions of a set, does none get a probe? */
static bool is_blind(const struct located *l, unsigned long long set)
{
	bool any = false;

	for (unsigned int i = 0; i < l->n; i++) {
		if (l->site[i].seldom || !FN_IN(l->site[i].fn, set))
			continue;
		if (!l->site[i].left_out)
			return false;
		any = true;
	}
	return any;
}

/* The points of one stack. Half of what is said tells nothing, and nobody would know that the rest
 * is missing: then none of its functions gets a probe, and it counts as not seen. */
static void plan_stack(bool want_rets, struct elf_file *elf, struct located *l, struct plan *plan)
{
	unsigned int n = plan->n, stacks = plan->stacks;

	for (unsigned int i = 0; i < l->n; i++)
		plan_point(want_rets, elf, l, &l->site[i], plan);
	if (!is_blind(l, FNS_READ) && !is_blind(l, FNS_SEND))
		return;
	for (unsigned int i = 0; i < l->n; i++)
		if (!l->site[i].left_out)
			l->site[i].left_out = "the functions that it goes with get no probe";
	plan->n = n;
	plan->stacks = stacks;
}

/* Is something there that will not be seen? */
static bool is_unlocated(const struct plan *plan)
{
	unsigned int i, k;

	for (i = 0; i < plan->n_found; i++) {
		for (k = 0; k < plan->found[i].n && plan->found[i].site[k].left_out; k++)
			;
		if (k == plan->found[i].n)
			return true;
	}
	return false;
}

/* A file that is no ELF file of this machine may be one of another. */
static const struct sign *sign_of(int fd, const char *path)
{
	const struct sign *s = sign__of_path(path);
	uint8_t head[20];
	ssize_t n;

	if (s)
		return s;
	n = pread(fd, head, sizeof(head), 0);
	return sign__of_header(span(head, n > 0 ? n : 0));
}

static void match_offsets(const struct plan_config *config, int fd, const char *path,
			  struct elf_file *elf, struct locate_config *ret, uint32_t *ret_rules)
{
	for (size_t i = 0; i < config->n_offsets && ret->n_offsets < LOCATED_MAX; i++) {
		if (!offset__match(&config->offsets[i], path, fd, elf))
			continue;
		ret->offsets[ret->n_offsets++] = &config->offsets[i];
		*ret_rules |= 1U << i;
	}
}

int plan__file(int fd, const char *path, const struct plan_config *config, struct plan *ret)
{
	struct locate_config lc = {
		.debug_dir = DEBUG_DIR, .path = path, .want_rets = config->want_rets};
	struct elf_file *elf = NULL;
	int n, err;

	err = elf_file__open(fd, &elf);
	if (err && err != -ENOEXEC)
		return err;
	if (!err)
		match_offsets(config, fd, path, elf, &lc, &ret->offsets);
	n = err ? 0 : locate__file(elf, &lc, ret->found);
	ret->n_found = n > 0 ? n : 0;
	for (int i = 0; i < n; i++)
		plan_stack(config->want_rets, elf, &ret->found[i], ret);
	elf_file__free(elf);
	if (n < 0)
		return n;
	ret->unlocated = is_unlocated(ret);
	ret->sign = sign_of(fd, path);
	return ret->n > 0;
}

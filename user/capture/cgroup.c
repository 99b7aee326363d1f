// SPDX-License-Identifier: Apache-2.0
#include "capture/cgroup.h"

#define ID_DIGITS 64

/* The next piece of s up to sep, which is taken off s. False: nothing is left. */
static bool next(struct span *s, uint8_t sep, struct span *ret)
{
	const uint8_t *end;

	if (!s->n)
		return false;
	end = memchr(s->p, sep, s->n);
	*ret = end ? span(s->p, end - s->p) : *s;
	*s = end ? span(end + 1, s->p + s->n - end - 1) : SPAN_NONE;
	return true;
}

static bool is_hex(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static bool is_alnum(uint8_t c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* The id in one path component: alone, or behind a runtime's name and one of '-', ':', and before
 * nothing or ".scope". */
static struct span component_id(struct span c)
{
	struct span id;
	size_t i;

	if (span_ends(c, SPAN_LIT(".scope")))
		c.n -= 6;
	if (c.n < ID_DIGITS)
		return SPAN_NONE;
	id = span(c.p + c.n - ID_DIGITS, ID_DIGITS);
	for (i = 0; i < id.n; i++)
		if (!is_hex(id.p[i]))
			return SPAN_NONE;
	c.n -= ID_DIGITS;
	if (c.n && is_alnum(c.p[c.n - 1]))
		return SPAN_NONE; /* more than 64 digits */
	/* podman's and CRI-O's monitor of a container is not in it */
	return span_find(c, SPAN_LIT("conmon")) < 0 ? id : SPAN_NONE;
}

struct span cgroup__container(struct span path)
{
	struct span c, id, last = SPAN_NONE;

	while (next(&path, '/', &c)) {
		id = component_id(c);
		if (id.n)
			last = id;
	}
	return last;
}

/* Services that run containers: what is below them is not theirs. */
static bool is_runtime(struct span unit)
{
	static const struct span runtimes[] = {
		SPAN_LIT("docker.service"),	SPAN_LIT("containerd.service"),
		SPAN_LIT("crio.service"),	SPAN_LIT("cri-o.service"),
		SPAN_LIT("k3s.service"),	SPAN_LIT("k3s-agent.service"),
		SPAN_LIT("kubelet.service"),	SPAN_LIT("rke2-server.service"),
		SPAN_LIT("rke2-agent.service"), SPAN_LIT("podman.service"),
	};
	size_t i;

	for (i = 0; i < sizeof(runtimes) / sizeof(runtimes[0]); i++)
		if (span_eq(unit, runtimes[i]))
			return true;
	return false;
}

struct span cgroup__unit(struct span path)
{
	struct span c, unit = SPAN_NONE;

	while (next(&path, '/', &c)) {
		if (component_id(c).n) {
			if (is_runtime(unit))
				unit = SPAN_NONE;
		} else if ((span_ends(c, SPAN_LIT(".service")) && c.n > 8) ||
			   (span_ends(c, SPAN_LIT(".scope")) && c.n > 6)) {
			unit = c;
		}
	}
	return unit;
}

/* How much a line's controllers promise, if its path is not "/". */
static int rank(struct span controllers)
{
	static const struct {
		struct span name;
		int rank;
	} known[] = {
		{SPAN_LIT("name=systemd"), 4}, {SPAN_LIT("cpu"), 3},
		{SPAN_LIT("cpu,cpuacct"), 3},  {SPAN_LIT("cpuacct,cpu"), 3},
		{SPAN_LIT("memory"), 3},       {SPAN_LIT("pids"), 2},
		{SPAN_LIT("devices"), 2},
	};
	size_t i;

	if (!controllers.n)
		return 5; /* "0::", cgroup v2 */
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (span_eq(controllers, known[i].name))
			return known[i].rank;
	return 1;
}

struct span cgroup__path(struct span text)
{
	struct span line, number, controllers, best = SPAN_NONE;
	int best_rank = -1, r;

	while (next(&text, '\n', &line)) {
		if (!next(&line, ':', &number) || !next(&line, ':', &controllers) ||
		    !span_starts(line, SPAN_LIT("/")))
			continue;
		r = line.n == 1 ? 0 : rank(controllers);
		if (cgroup__container(line).n)
			r += 10;
		if (r > best_rank) {
			best_rank = r;
			best = line;
		}
	}
	return best;
}

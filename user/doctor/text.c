// SPDX-License-Identifier: Apache-2.0
/* The report for people. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "capture/capabilities.h"
#include "doctor/report.h"
#include "sink/human.h"

#define WIDE 1000
#define NARROWEST 72
#define CELL_MAX_BYTES 8192
#define HIDDEN_SHOWN 8

#define RED "\033[31m"
#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define BOLD "\033[1m"
#define PLAIN "\033[0m"

struct page {
	struct buf *out;
	unsigned int columns;
	bool colour;
	int err;
};

static void add(struct page *p, const char *text)
{
	int err = buf__add(p->out, span_str(text));

	p->err = p->err ? p->err : err;
}

static void add_n(struct page *p, char c, unsigned int n)
{
	char one[2] = {c, '\0'};

	while (n--)
		add(p, one);
}

static void paint(struct page *p, const char *colour)
{
	if (p->colour && colour)
		add(p, colour);
}

/* A cell of fixed width, whose text is anybody's; nothing is "-". */
static void cell(struct page *p, const char *text, unsigned int width, bool right)
{
	struct buf b;
	unsigned int took;

	buf__init(&b, CELL_MAX_BYTES);
	took = human__text(&b, span_str(text && *text ? text : "-"), width);
	if (right)
		add_n(p, ' ', width - took);
	p->err = p->err ? p->err : buf__add(p->out, buf__span(&b));
	if (!right)
		add_n(p, ' ', width - took);
	add(p, " ");
	buf__free(&b);
}

/* What is left of a line. */
static void rest(struct page *p, const char *text, unsigned int used)
{
	unsigned int room = p->columns > used + 8 ? p->columns - used : 8;
	struct buf b;

	buf__init(&b, CELL_MAX_BYTES);
	human__text(&b, span_str(text && *text ? text : "-"), room);
	p->err = p->err ? p->err : buf__add(p->out, buf__span(&b));
	add(p, "\n");
	buf__free(&b);
}

/* Words, broken at blanks; at is the column that the first line begins in, indent that of the
 * others. */
static void words(struct page *p, const char *text, unsigned int at, unsigned int indent)
{
	size_t n;
	bool first = true;

	while (*text) {
		n = strcspn(text, " ");
		if (!first && at + 1 + n > p->columns) {
			add(p, "\n");
			add_n(p, ' ', indent);
			at = indent;
			first = true;
		}
		if (!first) {
			add(p, " ");
			at++;
		}
		{
			struct buf b;

			buf__init(&b, CELL_MAX_BYTES);
			at += human__text(&b, span(text, n), WIDE);
			p->err = p->err ? p->err : buf__add(p->out, buf__span(&b));
			buf__free(&b);
		}
		first = false;
		text += n;
		text += strspn(text, " ");
	}
	add(p, "\n");
}

static void heading(struct page *p, const char *text)
{
	add(p, "\n");
	paint(p, BOLD);
	add(p, text);
	paint(p, PLAIN);
	add(p, "\n");
}

/* "  yes  name        text …" */
static void line(struct page *p, const char *colour, const char *mark, const char *name,
		 unsigned int width, const char *text)
{
	add(p, "  ");
	paint(p, colour);
	cell(p, mark, 4, false);
	paint(p, colour ? PLAIN : NULL);
	cell(p, name, width, false);
	words(p, text, 8 + width, 8 + width);
}

/* --- the host --- */

static void put_features(struct page *p, const struct host *h)
{
	char text[400];

	heading(p, "KERNEL");
	for (unsigned int i = 0; i < feature_n; i++) {
		const struct feature *f = &feature_table[i];
		bool has = feature__has(&h->features, f), well = has != f->fault;

		if (!h->features_known && strcmp(f->name, "btf")) {
			line(p, YELLOW, "?", f->name, 18, "cannot be tried without the rights to");
			continue;
		}
		snprintf(text, sizeof(text), "%s%s%s%s", well ? f->used_for : f->without,
			 f->fault ? "" : " (", f->fault ? "" : f->since, f->fault ? "" : ")");
		line(p,
		     well	 ? GREEN
		     : f->needed ? RED
				 : YELLOW,
		     has ? "yes" : "no", f->name, 18, text);
	}
}

static void put_capabilities(struct page *p, const struct host *h)
{
	char text[400];

	heading(p, "CAPABILITIES");
	for (unsigned int i = 0; i < capability_n; i++) {
		const struct capability *c = &capability_table[i];
		bool has = capabilities__allow(h->effective, c->number);

		snprintf(text, sizeof(text), "%s%s%s", c->used_for,
			 has ? "" : "; without: ", has ? "" : c->without);
		line(p,
		     has	 ? GREEN
		     : c->needed ? RED
				 : YELLOW,
		     has ? "yes" : "no", c->name, 22, text);
	}
}

static void put_checks(struct page *p, const struct host *h)
{
	char text[400];

	heading(p, "SURROUNDINGS");
	for (unsigned int i = 0; i < h->n_checks; i++) {
		const struct host_check *c = &h->checks[i];

		snprintf(text, sizeof(text), "%s%s%s%s%s", c->value, *c->value ? ": " : "",
			 c->meaning, c->remedy ? ". Remedy: " : "", c->remedy ? c->remedy : "");
		line(p, c->fine ? GREEN : YELLOW, c->fine ? "ok" : "!", c->name, 25, text);
	}
}

/* --- processes --- */

static const char *const verdict_colours[VERDICT_N] = {
	[VERDICT_SEEN] = GREEN,
	[VERDICT_PARTLY] = YELLOW,
	[VERDICT_NOT_SEEN] = RED,
};

/* The least useful columns go first where there is little room. */
static bool shows_all(const struct page *p)
{
	return p->columns >= 100;
}

static bool shows_calls(const struct page *p)
{
	return p->columns >= 80;
}

static unsigned int file_column(const struct page *p)
{
	return 62 + (shows_calls(p) ? 7 : 0) + (shows_all(p) ? 13 : 0);
}

static void count_cell(struct page *p, bool known, uint64_t v, unsigned int width)
{
	char text[HUMAN_MAX] = "";

	if (known)
		human__count(v, text);
	cell(p, text, width, true);
}

static void put_reason(struct page *p, const char *name, const char *text)
{
	unsigned int at = 9 + (unsigned int)strlen(name) + 2;

	if (!text || !*text)
		return;
	add_n(p, ' ', 9);
	add(p, name);
	add(p, ": ");
	words(p, text, at, at);
}

static void put_stack(struct page *p, const struct report_process *r, const struct report_stack *s)
{
	char pid[16], title[96], path[4300];
	enum verdict_of v = s ? s->verdict : r->verdict;

	snprintf(pid, sizeof(pid), "%" PRIu32, r->pid);
	snprintf(title, sizeof(title), "%s%s%s", s ? s->title : "", s && *s->version ? " " : "",
		 s ? s->version : "");
	snprintf(path, sizeof(path), "%s%s%s%s", s && *s->path ? s->path : r->exe,
		 s && s->state ? " (" : "", s && s->state ? s->state : "",
		 s && s->state ? ")" : "");
	cell(p, pid, 7, true);
	cell(p, r->comm, 15, false);
	cell(p, title, 18, false);
	paint(p, verdict_colours[v]);
	cell(p, verdict__name(v), 18, false);
	paint(p, verdict_colours[v] ? PLAIN : NULL);
	if (shows_calls(p))
		count_cell(p, s && s->counted, s ? s->calls : 0, 6);
	if (shows_all(p))
		count_cell(p, s && s->counted, s ? s->bytes : 0, 6);
	if (shows_all(p))
		count_cell(p, s && s->counted, r->llm_calls, 5);
	rest(p, path, file_column(p));
	if (s && v != VERDICT_SEEN) {
		put_reason(p, "why", s->why);
		put_reason(p, "remedy", s->remedy);
	}
}

static void put_process(struct page *p, const struct report_process *r)
{
	char text[64];

	for (unsigned int i = 0; i < r->n_stacks; i++)
		put_stack(p, r, &r->stacks[i]);
	if (!r->n_stacks)
		put_stack(p, r, NULL);
	if (r->tls_connections && r->verdict != VERDICT_SEEN) {
		snprintf(text, sizeof(text), "%u to port 443 now", r->tls_connections);
		put_reason(p, "connections", text);
	}
	if (r->model_connections) {
		snprintf(text, sizeof(text), "%u to local model servers now", r->model_connections);
		put_reason(p, "connections", text);
	}
	if (*r->container_id && r->verdict != VERDICT_SEEN) {
		snprintf(text, sizeof(text), "%.12s", r->container_id);
		put_reason(p, "container", text);
	}
	put_reason(p, "why", r->why);
	put_reason(p, "remedy", r->remedy);
}

/* Those that were asked for have rows of their own. */
static void put_hidden(struct page *p, const struct report *r)
{
	char text[160 + 12 * HIDDEN_SHOWN];
	const struct report_process *q;
	size_t n;

	for (q = r->processes; q && r->n_hidden; q = q->next)
		if (q->pid == r->hidden[0])
			return;
	if (!r->n_hidden)
		return;
	n = (size_t)snprintf(text, sizeof(text),
			     "%u process%s cannot be looked into, permission "
			     "denied:",
			     r->n_hidden, r->n_hidden == 1 ? "" : "es");
	for (unsigned int i = 0; i < r->n_hidden && i < HIDDEN_SHOWN; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, " %" PRIu32, r->hidden[i]);
	snprintf(text + n, sizeof(text) - n, "%s (llmsnoop doctor -p PID says why)",
		 r->n_hidden > HIDDEN_SHOWN ? " ..." : "");
	add(p, "  ");
	words(p, text, 2, 2);
}

static void put_processes(struct page *p, const struct report *r)
{
	char text[160], took[HUMAN_MAX];

	human__seconds(r->watched_ns, 1, took);
	snprintf(text, sizeof(text), "PROCESSES with TLS or calls of local models: %u of %u%s%s",
		 r->n_processes, r->n_looked, r->watched_ns ? ", watched for " : "",
		 r->watched_ns ? took : "");
	heading(p, text);
	if (r->n_processes) {
		cell(p, "PID", 7, true);
		cell(p, "COMM", 15, false);
		cell(p, "TLS", 18, false);
		cell(p, "VERDICT", 18, false);
		if (shows_calls(p))
			cell(p, "CALLS", 6, true);
		if (shows_all(p))
			cell(p, "BYTES", 6, true);
		if (shows_all(p))
			cell(p, "LLM", 5, true);
		rest(p, "FILE", file_column(p));
	}
	for (const struct report_process *q = r->processes; q; q = q->next)
		put_process(p, q);
	put_hidden(p, r);
	if (r->cut)
		add(p, "  There was no memory for all of it.\n");
}

/* --- files: once each, however many processes map them --- */

static bool is_first(const struct report *r, const struct report_process *of,
		     const struct report_stack *s)
{
	for (const struct report_process *p = r->processes; p; p = p->next)
		for (unsigned int i = 0; i < p->n_stacks; i++) {
			const struct report_stack *o = &p->stacks[i];

			if (o == s)
				return true;
			if (o->located && !strcmp(o->path, s->path) &&
			    !memcmp(o->located, s->located, sizeof(*s->located)))
				return false;
		}
	return true;
}

static void put_sites(struct page *p, const struct report_stack *s)
{
	char text[512];

	snprintf(text, sizeof(text), "  %s%s%s, %s%s%s", s->title, *s->version ? " " : "",
		 s->version, s->in_executable ? "static in the executable" : "shared library",
		 *s->locator ? ", found by " : "", s->locator);
	rest(p, s->path, 0);
	add(p, text);
	add(p, "\n");
	for (unsigned int i = 0; i < s->located->n; i++) {
		const struct probe_site *site = &s->located->site[i];

		snprintf(text, sizeof(text), "0x%llx", (unsigned long long)site->vaddr);
		add(p, "    ");
		cell(p, site->name, 30, false);
		cell(p, text, 12, false);
		snprintf(text, sizeof(text), "%s%s", site->left_out ? "no probe: " : "",
			 site->left_out ? site->left_out : site->reason);
		words(p, text, 48, 48);
	}
	if (!s->located->n)
		put_reason(p, "not located", s->why);
}

static void put_files(struct page *p, const struct report *r)
{
	bool any = false;

	for (const struct report_process *q = r->processes; q; q = q->next)
		for (unsigned int i = 0; i < q->n_stacks; i++) {
			if (!q->stacks[i].located || !is_first(r, q, &q->stacks[i]))
				continue;
			if (!any)
				heading(p, "PROBES");
			any = true;
			put_sites(p, &q->stacks[i]);
		}
}

int report__text(struct buf *out, const struct report *r, unsigned int columns, bool colour,
		 bool sites)
{
	struct page p = {out, columns ? columns : WIDE, colour, 0};
	const struct host *h = &r->host;
	char text[640];

	if (p.columns < NARROWEST)
		p.columns = NARROWEST;
	snprintf(text, sizeof(text), "llmsnoop %s on Linux %s %s", r->version, h->release,
		 h->machine);
	words(&p, text, 0, 0);
	paint(&p, h->can_trace ? GREEN : RED);
	if (h->can_trace)
		snprintf(text, sizeof(text), "Tracing works here: %s.", h->method);
	else
		snprintf(text, sizeof(text), "Nothing can be traced here: %s. Remedy: %s.",
			 h->why_not, h->remedy);
	words(&p, text, 0, 0);
	paint(&p, PLAIN);
	put_features(&p, h);
	put_capabilities(&p, h);
	put_checks(&p, h);
	put_processes(&p, r);
	if (sites)
		put_files(&p, r);
	add(&p, "\n");
	snprintf(text, sizeof(text),
		 "%u seen, %u seen as soon as they call, %u partly, %u not seen.",
		 r->of[VERDICT_SEEN], r->of[VERDICT_WHEN_CALLS], r->of[VERDICT_PARTLY],
		 r->of[VERDICT_NOT_SEEN]);
	words(&p, text, 0, 0);
	return p.err;
}

// SPDX-License-Identifier: Apache-2.0
/* The report for programs: docs/doctor.schema.json. What is unknown is left out. */
#include "base/json_write.h"
#include "capture/capabilities.h"
#include "doctor/report.h"

static void flag(struct json_write *w, const char *key, bool v)
{
	json_write__key(w, key);
	json_write__bool(w, v);
}

static void open(struct json_write *w, const char *key, char bracket)
{
	json_write__key(w, key);
	json_write__open(w, bracket);
}

static void put_host(struct json_write *w, const struct host *h)
{
	flag(w, "can_trace", h->can_trace);
	json_write__put_text(w, "why_not", h->why_not);
	json_write__put_text(w, "remedy", h->remedy);
	json_write__put_text(w, "method", h->method);
	open(w, "kernel", '{');
	json_write__put_text(w, "release", h->release);
	json_write__put_text(w, "machine", h->machine);
	open(w, "features", '[');
	for (unsigned int i = 0; i < feature_n; i++) {
		const struct feature *f = &feature_table[i];

		json_write__open(w, '{');
		json_write__put_text(w, "name", f->name);
		if (h->features_known || f->at == offsetof(struct features, btf))
			flag(w, "present", feature__has(&h->features, f));
		flag(w, "needed", f->needed);
		json_write__put_text(w, "since", f->since);
		if (!f->fault)
			json_write__put_text(w, "used_for", f->used_for);
		json_write__put_text(w, f->fault ? "then" : "without", f->without);
		json_write__close(w, '}');
	}
	json_write__close(w, ']');
	json_write__close(w, '}');
	open(w, "capabilities", '[');
	for (unsigned int i = 0; i < capability_n; i++) {
		const struct capability *c = &capability_table[i];

		json_write__open(w, '{');
		json_write__put_text(w, "name", c->name);
		flag(w, "present", capabilities__allow(h->effective, c->number));
		flag(w, "needed", c->needed);
		json_write__put_text(w, "used_for", c->used_for);
		json_write__put_text(w, "without", c->without);
		json_write__close(w, '}');
	}
	json_write__close(w, ']');
	open(w, "surroundings", '[');
	for (unsigned int i = 0; i < h->n_checks; i++) {
		const struct host_check *c = &h->checks[i];

		json_write__open(w, '{');
		json_write__put_text(w, "name", c->name);
		json_write__put_text(w, "value", c->value);
		flag(w, "fine", c->fine);
		json_write__put_text(w, "meaning", c->meaning);
		json_write__put_text(w, "remedy", c->remedy);
		json_write__close(w, '}');
	}
	json_write__close(w, ']');
}

static void put_sites(struct json_write *w, const struct located *l)
{
	open(w, "functions", '[');
	for (unsigned int i = 0; i < l->n; i++) {
		const struct probe_site *s = &l->site[i];

		json_write__open(w, '{');
		json_write__put_text(w, "name", s->name);
		json_write__put_uint(w, "address", s->vaddr);
		json_write__put_uint(w, "file_offset", s->file_offset);
		flag(w, "probed", !s->left_out);
		json_write__put_text(w, "reason", s->left_out ? s->left_out : s->reason);
		json_write__close(w, '}');
	}
	json_write__close(w, ']');
}

static void put_stack(struct json_write *w, const struct report_stack *s)
{
	json_write__open(w, '{');
	json_write__put_text(w, "name", s->name);
	json_write__put_text(w, "title", s->title);
	json_write__put_text(w, "version", s->version);
	json_write__put_text(w, "path", s->path);
	json_write__put_text(w, "file", s->state);
	if (*s->path)
		json_write__put_text(w, "linkage", s->in_executable ? "static" : "shared");
	json_write__put_text(w, "locator", s->locator);
	json_write__put_text(w, "verdict", verdict__name(s->verdict));
	json_write__put_text(w, "why", s->why);
	json_write__put_text(w, "remedy", s->remedy);
	if (s->counted) {
		json_write__put_uint(w, "calls", s->calls);
		json_write__put_uint(w, "bytes", s->bytes);
	}
	if (s->located)
		put_sites(w, s->located);
	json_write__close(w, '}');
}

static void put_process(struct json_write *w, const struct report *r,
			const struct report_process *p)
{
	json_write__open(w, '{');
	json_write__put_uint(w, "pid", p->pid);
	json_write__put_text(w, "comm", p->comm);
	json_write__put_text(w, "exe", p->exe);
	if (p->uid != UINT32_MAX)
		json_write__put_uint(w, "uid", p->uid);
	json_write__put_text(w, "container_id", p->container_id);
	json_write__put_text(w, "unit", p->unit);
	json_write__put_text(w, "verdict", verdict__name(p->verdict));
	json_write__put_text(w, "why", p->why);
	json_write__put_text(w, "remedy", p->remedy);
	json_write__put_uint(w, "tls_connections", p->tls_connections);
	json_write__put_uint(w, "model_connections", p->model_connections);
	if (r->watched_ns)
		json_write__put_uint(w, "llm_calls", p->llm_calls);
	open(w, "stacks", '[');
	for (unsigned int i = 0; i < p->n_stacks; i++)
		put_stack(w, &p->stacks[i]);
	json_write__close(w, ']');
	json_write__close(w, '}');
}

int report__json(struct buf *out, const struct report *r)
{
	static const char *const keys[VERDICT_N] = {
		[VERDICT_SEEN] = "seen",
		[VERDICT_WHEN_CALLS] = "seen_when_it_calls",
		[VERDICT_PARTLY] = "partly_seen",
		[VERDICT_NOT_SEEN] = "not_seen",
	};
	size_t was = out->n;
	struct json_write w;
	int err;

	json_write__init(&w, out);
	json_write__open(&w, '{');
	json_write__put_uint(&w, "v", 1);
	json_write__put_text(&w, "type", "doctor");
	json_write__key(&w, "time");
	json_write__time(&w, r->time_ns);
	json_write__put_text(&w, "version", r->version);
	put_host(&w, &r->host);
	if (r->watched_ns) {
		json_write__key(&w, "watched_s");
		json_write__seconds(&w, (int64_t)r->watched_ns);
	}
	json_write__put_uint(&w, "looked_at", r->n_looked);
	open(&w, "processes", '[');
	for (const struct report_process *p = r->processes; p; p = p->next)
		put_process(&w, r, p);
	json_write__close(&w, ']');
	open(&w, "hidden", '{');
	json_write__put_uint(&w, "count", r->n_hidden);
	open(&w, "pids", '[');
	for (unsigned int i = 0; i < r->n_hidden && i < REPORT_HIDDEN_MAX; i++)
		json_write__uint(&w, r->hidden[i]);
	json_write__close(&w, ']');
	json_write__close(&w, '}');
	open(&w, "totals", '{');
	for (int i = 0; i < VERDICT_N; i++)
		json_write__put_uint(&w, keys[i], r->of[i]);
	json_write__close(&w, '}');
	flag(&w, "cut", r->cut);
	json_write__close(&w, '}');
	err = w.err ? w.err : buf__add(out, SPAN_LIT("\n"));
	if (err)
		out->n = was;
	return err;
}

// SPDX-License-Identifier: Apache-2.0
/* Wires the parts for one run: live capture, or the replay of a capture file. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "capture/cap_read.h"
#include "capture/cap_write.h"
#include "capture/features.h"
#include "capture/live.h"
#include "capture/tee.h"
#include "command.h"
#include "enrichment.h"
#include "base/limits.h"
#include "doctor.h"
#include "log.h"
#include "loop.h"
#include "dialect/dialect.h"
#include "options.h"
#include "outputs.h"
#include "pipeline.h"
#include "preload.h"
#include "report.h"
#include "sight.h"
#include "sink/totals.h"

#define EXIT_CANNOT_TRACE 3
#define RING_BYTES (16UL << 20)

struct run {
	struct options options;
	struct pipeline pipeline;
	struct enrichment enrichment;
	struct live *live;
	struct cap_write *cap;
	struct capture_tee tee;
	struct command command;
	struct capture_control control; /* to live, which is made after the pipeline */
	struct loop loop;
	time_t looked_at; /* for processes of -p that ended */
	bool all_ended;
	int exit_code;
	int argc;
	char **argv;
};

/* --- what flows back to the kernel --- */

static void quiet(void *ctx, const struct capture_quiet *q)
{
	struct run *r = ctx;
	const struct capture_control *c = r->live ? live__control(r->live) : NULL;

	if (c)
		c->quiet(c->ctx, q);
}

static void loud(void *ctx, uint64_t conn)
{
	struct run *r = ctx;
	const struct capture_control *c = r->live ? live__control(r->live) : NULL;

	if (c)
		c->loud(c->ctx, conn);
}

static void ignore(void *ctx, uint64_t conn)
{
	struct run *r = ctx;
	const struct capture_control *c = r->live ? live__control(r->live) : NULL;

	if (c)
		c->ignore(c->ctx, conn);
}

static bool want_process(void *ctx, const struct process *p)
{
	const struct run *r = ctx;

	return filter__process(&r->options.filter, p);
}

static bool is_model_host(void *ctx, const char *host)
{
	return dialect__serves(span_str(host));
}

static void on_say(void *ctx, int level, const char *text)
{
	if (level == 0)
		log__warn("%s", text);
	else
		log__info("%s", text);
}

/* --- live --- */

/* What a capture file says of the roles that its taker asked for. */
#define CAP_ROLE "role"

static const char *const role_names[] = {
	[FILTER_CLIENT] = "client",
	[FILTER_SERVER] = "server",
	[FILTER_BOTH] = "both",
};

static int open_cap(struct run *r)
{
	const char *const info[] = {"program", "llmsnoop " LLMSNOOP_VERSION, CAP_ROLE,
				    role_names[r->options.filter.role], NULL};
	struct cap_write_config config = {
		.path = r->options.cap_out,
		.raw = r->options.raw,
		.info = info,
	};
	int err;

	if (!r->options.cap_out)
		return 0;
	err = cap_write__open(&config, &limits_default, &r->cap);
	if (err) {
		log__error("%s: %s", r->options.cap_out, outputs__why(err));
		return EXIT_FAILURE;
	}
	log__say("Capture file %s will hold prompts and answers%s.", r->options.cap_out,
		 r->options.raw ? " and credentials" : "");
	r->tee = (struct capture_tee){{&cap_write_ops, pipeline__ops()},
				      {r->cap, r->pipeline.table}};
	return 0;
}

/* The first failure is worth an exit status: what was to be kept is not there. */
static int close_cap(struct run *r)
{
	struct cap_write_status status;
	int err;

	if (!r->cap)
		return 0;
	cap_write__status(r->cap, &status);
	err = cap_write__close(r->cap);
	r->cap = NULL;
	if (!err)
		return 0;
	log__error("%s: %s; %llu records were not written", r->options.cap_out, strerror(-err),
		   (unsigned long long)status.unwritten);
	return EXIT_FAILURE;
}

static bool is_running(uint32_t pid)
{
	struct stat st;
	char path[32];

	snprintf(path, sizeof(path), "/proc/%u", pid);
	return stat(path, &st) == 0;
}

static int check_pids(const struct options *o)
{
	for (unsigned int i = 0; i < o->n_pids; i++) {
		if (is_running(o->pids[i]))
			continue;
		log__error("no process %u: it is not running (see ps, pgrep)", o->pids[i]);
		return EXIT_FAILURE;
	}
	return 0;
}

static int check_host_root(const struct options *o)
{
	struct stat st;

	if (!o->host_root || (stat(o->host_root, &st) == 0 && S_ISDIR(st.st_mode)))
		return 0;
	log__error("--host-root: %s: no such folder", o->host_root);
	return EXIT_USAGE;
}

static void on_file(void *ctx, const struct target *t)
{
	char text[2048];

	for (unsigned int i = 0; i < t->n_stacks; i++) {
		located__text(&t->stacks[i], text, sizeof(text));
		printf("%u\t%s\t%s\n", t->pid, t->path, text);
	}
}

/* A process given by name of which nothing can be seen yet: said, since silence would look like
 * a program that makes no calls. */
static void warn_without_tls(struct run *r)
{
	struct live_summary s;

	live__summary(r->live, &s);
	if (r->options.n_pids && s.processes == 0)
		log__warn("%s %u maps no TLS library that can be probed yet; waiting for one "
			  "(llmsnoop doctor says more)",
			  r->options.n_pids == 1 ? "process"
						 : "none of the processes, beginning with",
			  r->options.pids[0]);
}

/* Said once, since from then on only children, if any, can be heard of. */
static void note_ends(struct run *r)
{
	const struct options *o = &r->options;
	time_t now = time(NULL);
	unsigned int i;

	if (!o->n_pids || r->all_ended || now == r->looked_at)
		return;
	r->looked_at = now;
	for (i = 0; i < o->n_pids; i++)
		if (is_running(o->pids[i]))
			return;
	r->all_ended = true;
	log__warn("%s ended%s; Ctrl-C to end",
		  o->n_pids == 1 ? "the process has" : "all processes of -p have",
		  o->no_follow ? "" : ", tracing goes on for children that are left");
}

/* "OpenSSL, Go" */
static void name_stacks(unsigned int stacks, char *ret, size_t size)
{
	size_t used = 0;

	snprintf(ret, size, "no TLS library yet");
	for (unsigned int i = 0; i < TLS_STACK_MAX; i++)
		if (stacks & 1U << i && used < size)
			used += (size_t)snprintf(ret + used, size - used, "%s%s", used ? ", " : "",
						 tls_stack__title((enum tls_stack)i));
}

/* The pipeline tells it with the totals. */
static void note_targets(struct run *r)
{
	unsigned int of[TLS_STACK_MAX];
	struct live_summary s;

	live__summary(r->live, &s);
	if (s.files != r->pipeline.targets) {
		targets__count(live__targets(r->live), of);
		for (unsigned int i = 0; i < TLS_STACK_MAX; i++)
			r->pipeline.targets_of[i].n = of[i];
	}
	r->pipeline.targets = s.files;
	r->pipeline.unlocated_files = s.unlocated_files;
	r->pipeline.unlocated_processes = s.unlocated_processes;
}

static void say_tracing(struct run *r)
{
	struct live_summary s;
	char stacks[128];

	live__summary(r->live, &s);
	name_stacks(s.stacks, stacks, sizeof(stacks));
	if (r->options.command)
		log__say("Tracing LLM calls of %s (%s). Content %s.", r->options.command[0], stacks,
			 contents__text(&r->enrichment.contents));
	else
		log__say("Tracing LLM calls (%s; %u process%s). Content %s. Ctrl-C to end.", stacks,
			 s.processes, s.processes == 1 ? "" : "es",
			 contents__text(&r->enrichment.contents));
	if (s.unlocated_processes)
		log__warn("%u process%s: TLS that cannot be seen; llmsnoop doctor says more",
			  s.unlocated_processes, s.unlocated_processes == 1 ? "" : "es");
	log__info("%s; %u files with probes", s.method, s.files);
}

static int open_live(struct run *r)
{
	const struct options *o = &r->options;
	uint32_t child = r->command.pid;
	struct live_config config = {
		.ring_bytes = o->ring_bytes ? o->ring_bytes : RING_BYTES,
		.all = !o->n_pids && !child,
		.follow = !o->no_follow,
		.pids = child ? &child : o->pids,
		.n_pids = child ? 1 : o->n_pids,
		.offsets = o->offsets,
		.n_offsets = o->n_offsets,
		.plain = o->plain,
		.n_plain = o->n_plain,
		.host_root = o->host_root,
		.want = want_process,
		.want_ctx = r,
		.matters = is_model_host,
		.say = on_say,
	};
	struct live_error error;
	int err;

	err = live__new(&config, r->cap ? &capture_tee_ops : pipeline__ops(),
			r->cap ? (void *)&r->tee : (void *)r->pipeline.table, &error, &r->live);
	if (err) {
		log__error("cannot trace: %s: %s", error.what, strerror(-err));
		if (error.hint)
			log__error("%s", error.hint);
		sight__warn_of_hindrances();
		return EXIT_CANNOT_TRACE;
	}
	if (config.follow)
		preload__libraries(r->live);
	if (config.all)
		preload__agents(r->live);
	if (o->command)
		preload__command(r->live, o->command[0]);
	return 0;
}

/* The end of the command is the end of the run. */
static bool command_ended(struct run *r)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != r->command.pid)
			continue;
		r->exit_code = command__exit_code(status);
		r->command.pid = 0;
		return true;
	}
	return false;
}

/* Like a shell, we outlive the command's Ctrl-C: it decides. A second one ends us as well. */
static bool stop(struct run *r, int sig, int *n_stops)
{
	if (!r->command.pid || ++*n_stops > 1)
		return true;
	if (sig == SIGTERM)
		kill(r->command.pid, SIGTERM);
	return false;
}

static int trace(struct run *r)
{
	enum loop_event event;
	int sig, err, n_stops = 0;
	bool end = false;

	while (!end && !pipeline__done(&r->pipeline)) {
		err = loop__wait(&r->loop, &event, &sig);
		if (err) {
			log__error("waiting for events: %s", strerror(-err));
			return EXIT_FAILURE;
		}
		switch (event) {
		case LOOP_CAPTURE:
			live__poll(r->live);
			note_targets(r);
			note_ends(r);
			break;
		case LOOP_STOP:
			end = stop(r, sig, &n_stops);
			break;
		case LOOP_CHILD:
			end = command_ended(r);
			break;
		case LOOP_DEADLINE:
			end = true;
			break;
		case LOOP_REOPEN:
			sinks__reopen(&r->pipeline.sinks);
			break;
		case LOOP_RELOAD:
			enrichment__reload(&r->enrichment, r->argc, r->argv, r->pipeline.tracker);
			break;
		}
	}
	live__drain(r->live);
	return 0;
}

/* Beside PR_SET_DUMPABLE, which a change of credentials could undo. */
static void no_core(void)
{
	const struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
}

static int run_live(struct run *r)
{
	const struct options *o = &r->options;
	struct features_need need;
	const char *what, *hint;
	int err;

	if (features__missing(&need)) {
		log__error("cannot trace: %s is missing; %s", need.what, need.hint);
		return EXIT_CANNOT_TRACE;
	}
	err = check_pids(o);
	if (!err)
		err = open_cap(r);
	if (err)
		return err;
	err = loop__open(&r->loop, o->duration_ns);
	if (!err && o->command)
		err = command__start(o->command, &r->command);
	if (err) {
		log__error("cannot start: %s", strerror(-err));
		return EXIT_FAILURE;
	}
	/* The command is to have the limit that it would have had. */
	no_core();
	err = open_live(r);
	if (err)
		return err;
	what = sight__probes_denied(r->live, &hint);
	if (what) {
		log__error("cannot trace: %s is missing; %s", what, hint);
		return EXIT_CANNOT_TRACE;
	}
	if (o->list) {
		live__list(r->live, on_file, NULL);
		return 0;
	}
	err = loop__watch(&r->loop, live__fd(r->live));
	if (err) {
		log__error("cannot wait for events: %s", strerror(-err));
		return EXIT_FAILURE;
	}
	warn_without_tls(r);
	if (!o->command)
		sight__warn_of_gaps(o);
	say_tracing(r);
	note_targets(r);
	if (o->command)
		command__go(&r->command);
	return trace(r);
}

/* --- replay --- */

/* A capture of a server shows the server's calls also without --role. */
static void role_of_cap(struct run *r, const struct cap_read *cap)
{
	const char *role = r->options.role_given ? NULL : cap_read__info(cap, CAP_ROLE);

	for (size_t i = 0; role && i < sizeof(role_names) / sizeof(role_names[0]); i++)
		if (!strcmp(role, role_names[i]))
			r->options.filter.role = (enum filter_role)i;
}

/* What, where, and the system's word where it was the system that refused. */
static void say_cap_error(const char *path, const struct cap_error *e)
{
	unsigned long long at = e->offset;

	if (!e->what)
		return;
	if (!e->err)
		log__warn("%s: %s, at byte %llu", path, e->what, at);
	else if (e->err == -EBADMSG || e->err == -ENODATA || e->err == -ENOMSG || e->err == -EPROTO)
		log__error("%s: %s, at byte %llu", path, e->what, at);
	else
		log__error("%s: %s: %s", path, e->what, strerror(-e->err));
}

static int run_replay(struct run *r)
{
	const char *path = r->options.cap_in;
	struct cap_read *cap = NULL;
	struct cap_error error;
	int n;

	no_core();
	n = cap_read__open(path, &cap, &error);
	while (n >= 0 && !pipeline__done(&r->pipeline)) {
		n = cap_read__next(cap, pipeline__ops(), r->pipeline.table, &error);
		if (n <= 0)
			break;
		role_of_cap(r, cap);
	}
	say_cap_error(path, &error);
	cap_read__free(cap);
	return n < 0 ? EXIT_FAILURE : 0;
}

/* --- all --- */

static void say_totals(const struct run *r, const struct stats *st)
{
	struct buf line;

	buf__init(&line, 1 << 12);
	if (totals__format(&line, st) == 0 && line.n)
		log__say("%.*s", (int)line.n - 1, (const char *)line.p);
	buf__free(&line);
}

int main(int argc, char **argv)
{
	static struct run r;
	struct stats stats;
	int err;

	if (argc > 1 && !strcmp(argv[1], "doctor"))
		return doctor__main(argc - 1, argv + 1);
	if (argc > 1 && !strcmp(argv[1], "report"))
		return report__main(argc - 1, argv + 1);
	err = options__parse(argc, argv, &r.options);
	if (err >= 0)
		return err;
	/* Records hold prompts' names and hosts: no core dumps, no ptrace by the same user. */
	prctl(PR_SET_DUMPABLE, 0);
	signal(SIGPIPE, SIG_IGN);
	log__set_level(r.options.verbose ? LOG_INFO : LOG_WARN);
	/* At -vv libbpf speaks for itself, verifier logs of many lines included. */
	if (r.options.verbose < 2)
		libbpf_set_print(NULL);
	r.loop = (struct loop){-1, -1, -1};
	r.control =
		(struct capture_control){.quiet = quiet, .loud = loud, .ignore = ignore, .ctx = &r};
	r.argc = argc;
	r.argv = argv;
	err = check_host_root(&r.options);
	if (!err)
		err = enrichment__load(&r.options, &r.enrichment);
	if (!err && r.options.check_config)
		err = outputs__check(&r.options);
	if (!err && r.options.check_config)
		log__say("%s: nothing is wrong with it.", r.options.config_path);
	if (err || r.options.check_config)
		return err;
	err = pipeline__open(&r.pipeline, &r.options.filter, r.options.count, r.options.estimate,
			     r.enrichment.prices, contents__config(&r.enrichment.contents),
			     r.options.cap_in ? NULL : &r.control);
	if (err) {
		log__error("%s", strerror(-err));
		return EXIT_FAILURE;
	}
	call_tracker__use_features(r.pipeline.tracker, r.enrichment.features);
	err = outputs__open(&r.options, &r.pipeline.sinks);
	if (!err)
		err = r.options.cap_in ? run_replay(&r) : run_live(&r);
	command__cancel(&r.command);
	if (close_cap(&r) && !err)
		err = EXIT_FAILURE;
	pipeline__close(&r.pipeline, &stats);
	if (!err && !r.options.quiet && !r.options.list && !r.pipeline.sinks.reader_gone)
		say_totals(&r, &stats);
	/* A capture file can be read again; what is traced goes on as well as it can. */
	if (!err && r.options.cap_in && r.pipeline.sinks.unwritten && !r.pipeline.sinks.reader_gone)
		err = EXIT_FAILURE;
	/* At last: one by one, perf events take seconds to be taken away. */
	live__free(r.live);
	loop__close(&r.loop);
	enrichment__free(&r.enrichment);
	return err ? err : r.exit_code;
}

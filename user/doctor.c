// SPDX-License-Identifier: Apache-2.0
#include "doctor.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "base/terminal.h"
#include "capture/attach.h"
#include "capture/capabilities.h"
#include "capture/live.h"
#include "capture/proc.h"
#include "capture/tee.h"
#include "doctor/peers.h"
#include "doctor/report.h"
#include "log.h"
#include "loop.h"
#include "options.h"
#include "options_values.h"
#include "pipeline.h"
#include "sight.h"

#define EXIT_CANNOT_TRACE 3
#define RING_BYTES (16UL << 20)
#define WATCH_NS 2000000000ULL
#define OUT_MAX_BYTES (128UL << 20)

struct doctor {
	struct options options; /* pids */
	bool json;
	uint64_t watch_ns;
	struct report report;
	struct hits *hits;
	struct live *live;
	struct targets *targets; /* where nothing is attached */
	struct peers *peers;
	struct pipeline pipeline;
	struct capture_tee tee;
	struct capture_control control;
	struct loop loop;
	bool piping;
};

/* --- options --- */

enum {
	KEY_FOR = 256,
};

static const struct option long_options[] = {
	{"pid", required_argument, NULL, 'p'},
	{"json", no_argument, NULL, 'j'},
	{"for", required_argument, NULL, KEY_FOR},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static const char help_text[] =
	"Usage: llmsnoop doctor [-j] [-p PID[,PID]] [--for DURATION]\n"
	"Says what can be traced on this host and what not, why, and what to do: the kernel, the\n"
	"capabilities, and each process with TLS: which library, where its probes go, whether its\n"
	"calls are seen.\n\n"
	"  -p, --pid=PID[,PID]   only these processes\n"
	"  -j, --json            one JSON document (docs/doctor.schema.json)\n"
	"      --for=DURATION    watch for so long and count calls (default 2s; 0: attach "
	"nothing)\n"
	"  -h, --help            this text\n\n"
	"Examples:\n"
	"  sudo llmsnoop doctor                     this host\n"
	"  sudo llmsnoop doctor -p 4711 --for 30s   one process, while it makes a call\n"
	"  sudo llmsnoop doctor -j | jq '.processes[] | select(.verdict == \"not seen\")'\n\n"
	"Ends with 0: all that was found is seen; 1: something is not; 2: wrong use; 3: nothing "
	"can\n"
	"be traced here.\n";

static int wrong(const char *option, const char *value, const char *wanted)
{
	log__error("doctor: %s %s: wanted is %s", option, value, wanted);
	return EXIT_USAGE;
}

/* -1: go on; else the exit status. */
static int parse(int argc, char **argv, struct doctor *d)
{
	const char *right;
	int key;

	d->watch_ns = WATCH_NS;
	value__ports(PLAIN_DEFAULT, &d->options);
	opterr = 0;
	optind = 1;
	while ((key = getopt_long(argc, argv, ":p:jh?", long_options, NULL)) != -1) {
		switch (key) {
		case 'p':
			right = value__pids(optarg, &d->options);
			if (right)
				return wrong("-p", optarg, right);
			break;
		case 'j':
			d->json = true;
			break;
		case KEY_FOR:
			if (!strcmp(optarg, "0")) {
				d->watch_ns = 0;
				break;
			}
			right = value__duration(optarg, &d->watch_ns);
			if (right)
				return wrong("--for", optarg, right);
			break;
		case ':':
			log__error("doctor: %s needs a value", argv[optind - 1]);
			return EXIT_USAGE;
		case 'h':
			fputs(help_text, stdout);
			return 0;
		default:
			if (!strcmp(argv[optind - 1], "-?")) {
				fputs(help_text, stdout);
				return 0;
			}
			log__error("doctor has no option %s. Its options: -p PID, -j, --for "
				   "DURATION, --help",
				   argv[optind - 1]);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		log__error(
			"doctor takes no \"%s\". Its options: -p PID, -j, --for DURATION, --help",
			argv[optind]);
		return EXIT_USAGE;
	}
	return -1;
}

/* --- what is counted while we watch --- */

struct call_counter {
	struct sink sink;
	struct hits *hits;
};

static int on_call(struct sink *s, const struct call *c)
{
	hits__add(((struct call_counter *)s)->hits, c->who.pid, TLS_UNKNOWN, 0, 0, 1);
	return 0;
}

static int on_close(struct sink *s)
{
	free(s);
	return 0;
}

static int open_pipeline(struct doctor *d)
{
	static const struct sink_ops ops = {.name = "doctor", .call = on_call, .close = on_close};
	struct call_counter *s;
	int err = hits__new(&d->hits);

	d->options.filter.role = FILTER_BOTH;
	if (!err)
		err = pipeline__open(&d->pipeline, &d->options.filter, 0, false, NULL, NULL, NULL);
	d->piping = !err;
	s = err ? NULL : calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->sink.ops = &ops;
	s->hits = d->hits;
	sinks__add(&d->pipeline.sinks, &s->sink);
	d->tee = (struct capture_tee){{&hits_ops, pipeline__ops()}, {d->hits, d->pipeline.table}};
	return 0;
}

/* Until the time is up or somebody wants us to end. */
static int watch(struct doctor *d)
{
	enum loop_event event;
	int err, sig;

	err = loop__open(&d->loop, d->watch_ns);
	if (!err)
		err = loop__watch(&d->loop, live__fd(d->live));
	while (!err) {
		err = loop__wait(&d->loop, &event, &sig);
		if (err || event == LOOP_STOP || event == LOOP_DEADLINE)
			break;
		live__poll(d->live);
	}
	live__drain(d->live);
	return err;
}

static void cannot_trace(struct host *h, const char *what, int err, const char *hint)
{
	h->can_trace = false;
	snprintf(h->why_not, sizeof(h->why_not), "%s%s%s", what, err ? ": " : " is missing",
		 err ? strerror(-err) : "");
	snprintf(h->remedy, sizeof(h->remedy), "%s",
		 hint ? hint : "see CAPABILITIES and SURROUNDINGS; -vv of llmsnoop says more");
}

static void attach(struct doctor *d)
{
	struct live_config config = {
		.ring_bytes = RING_BYTES,
		.all = !d->options.n_pids,
		.follow = false,
		.pids = d->options.pids,
		.n_pids = d->options.n_pids,
		.plain = d->options.plain,
		.n_plain = d->options.n_plain,
	};
	struct live_error error;
	const char *what, *hint;
	uint64_t was = d->report.time_ns;
	int err = open_pipeline(d);

	error = (struct live_error){.what = "allocating memory", .err = err};
	if (!err)
		err = live__new(&config, &capture_tee_ops, &d->tee, &error, &d->live);
	if (err) {
		d->live = NULL;
		cannot_trace(&d->report.host, error.what, error.err, error.hint);
		return;
	}
	what = sight__probes_denied(d->live, &hint);
	if (what)
		cannot_trace(&d->report.host, what, 0, hint);
	err = watch(d);
	if (err)
		log__warn("doctor: waiting for events: %s", strerror(-err));
	d->report.watched_ns = d->watch_ns;
	d->report.time_ns = was;
}

/* --- what is looked at --- */

static void examine_host(struct host *h)
{
	struct features_need need;
	struct utsname name;

	if (!uname(&name)) {
		snprintf(h->release, sizeof(h->release), "%s", name.release);
		snprintf(h->machine, sizeof(h->machine), "%s", name.machine);
	}
	features__probe(&h->features);
	h->features_known = capabilities__allow(capabilities__effective(), CAPABILITY_BPF) &&
			    capabilities__allow(capabilities__effective(), CAPABILITY_PERFMON);
	host__read("/proc", "/sys", h);
	h->can_trace = true;
	if (features__missing(&need))
		cannot_trace(h, need.what, 0, need.hint);
	else if (!h->features.ringbuf)
		cannot_trace(h, "the ring buffer of BPF", 0, "use Linux 5.10 or later");
	else
		h->method = attach__method_name(attach__method(&h->features));
}

struct looking {
	struct doctor *d;
	struct report_process *p;
};

static void on_target(void *ctx, const struct target *t)
{
	struct looking *l = ctx;

	report__file(&l->d->report, l->p, t, l->d->hits);
}

static void examine(struct doctor *d, uint32_t pid, bool named)
{
	const struct targets *targets = d->live ? live__targets(d->live) : d->targets;
	struct looking l = {.d = d};
	struct process *facts;
	int err;

	if (process__read("/proc", pid, NULL, NULL, &facts))
		return;
	l.p = report__begin(&d->report, facts);
	process__free(facts);
	if (!l.p)
		return;
	if (!d->live)
		targets__scan(d->targets, pid);
	err = targets__list(targets, pid, on_target, &l);
	peers__count(d->peers, pid, &l.p->tls_connections, &l.p->model_connections);
	report__plain(&d->report, l.p, d->hits);
	report__end(&d->report, l.p, named, err == -EACCES || err == -EPERM);
}

/* A thread's number stands for its process. */
static bool to_process(uint32_t *pid)
{
	char path[64], line[128];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/status", *pid);
	f = fopen(path, "re");
	while (f && !found && fgets(line, sizeof(line), f))
		found = sscanf(line, "Tgid: %u", pid) == 1;
	if (f)
		fclose(f);
	return found;
}

static int examine_all(struct doctor *d)
{
	struct targets_config config = {.plan.want_rets =
						d->report.host.features.return_probes_kill};
	uint32_t *pids = NULL;
	int i, n, err = peers__new("/proc", &d->peers);

	if (!err && !d->live)
		err = targets__new(NULL, &config, &d->targets);
	if (err)
		return err;
	for (i = 0; i < (int)d->options.n_pids; i++)
		examine(d, d->options.pids[i], true);
	if (d->options.n_pids)
		return 0;
	n = proc__pids("/proc", &pids);
	for (i = 0; i < n; i++)
		if (pids[i] != (uint32_t)getpid())
			examine(d, pids[i], false);
	free(pids);
	return n < 0 ? n : 0;
}

/* --- output --- */

static int show(const struct doctor *d)
{
	const struct terminal t = terminal__of(STDOUT_FILENO);
	struct buf out;
	int err;

	buf__init(&out, OUT_MAX_BYTES);
	err = d->json ? report__json(&out, &d->report)
		      : report__text(&out, &d->report, t.columns, t.colour, true);
	if (!err)
		err = terminal__write(STDOUT_FILENO, &out);
	buf__free(&out);
	return err;
}

static void end(struct doctor *d)
{
	struct stats stats;

	if (d->piping)
		pipeline__close(&d->pipeline, &stats);
	live__free(d->live);
	targets__free(d->targets);
	peers__free(d->peers);
	hits__free(d->hits);
	loop__close(&d->loop);
	report__free(&d->report);
}

int doctor__main(int argc, char **argv)
{
	static struct doctor d;
	struct timespec now;
	int status, err;

	d.loop = (struct loop){-1, -1, -1};
	status = parse(argc, argv, &d);
	if (status >= 0)
		return status;
	libbpf_set_print(NULL);
	report__init(&d.report);
	clock_gettime(CLOCK_REALTIME, &now);
	d.report.time_ns = now.tv_sec * 1000000000ULL + now.tv_nsec;
	d.report.version = LLMSNOOP_VERSION;
	for (unsigned int i = 0; i < d.options.n_pids; i++) {
		if (to_process(&d.options.pids[i]))
			continue;
		log__error("no process %u: it is not running (see ps, pgrep)", d.options.pids[i]);
		report__free(&d.report);
		return EXIT_FAILURE;
	}
	examine_host(&d.report.host);
	if (d.report.host.can_trace && d.watch_ns)
		attach(&d);
	err = examine_all(&d);
	if (!err)
		err = show(&d);
	if (err && err != -EPIPE)
		log__error("doctor: %s", strerror(-err));
	status = err ? EXIT_FAILURE : report__status(&d.report);
	end(&d);
	return status;
}

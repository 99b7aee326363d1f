// SPDX-License-Identifier: Apache-2.0
#include "report.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/json_number.h"
#include "base/terminal.h"
#include "log.h"
#include "options.h"
#include "options_values.h"
#include "report/sheet.h"
#include "words.h"

#define EXIT_OVER 4
#define OUT_MAX_BYTES (256UL << 20)
#define ROWS_SHOWN 20 /* on a terminal, where no -n says else */

enum {
	KEY_SINCE = 256,
	KEY_UNTIL,
	KEY_UTC,
	KEY_CSV,
	KEY_HOST,
	KEY_FEATURE,
	KEY_ROLE,
	KEY_FAIL_OVER,
};

static const struct option long_options[] = {
	{"by", required_argument, NULL, 'b'},
	{"since", required_argument, NULL, KEY_SINCE},
	{"until", required_argument, NULL, KEY_UNTIL},
	{"utc", no_argument, NULL, KEY_UTC},
	{"top", required_argument, NULL, 'n'},
	{"sort", required_argument, NULL, 's'},
	{"model", required_argument, NULL, 'm'},
	{"host", required_argument, NULL, KEY_HOST},
	{"feature", required_argument, NULL, KEY_FEATURE},
	{"role", required_argument, NULL, KEY_ROLE},
	{"json", no_argument, NULL, 'j'},
	{"csv", no_argument, NULL, KEY_CSV},
	{"fail-over", required_argument, NULL, KEY_FAIL_OVER},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static const char help_text[] =
	"Usage: llmsnoop report [OPTION...] FILE...\n"
	"Which feature used the most yesterday, and why? Sums over the records that llmsnoop "
	"wrote\n"
	"(JSON lines; also .gz and .zst, rotated files in any order; - is standard input).\n\n"
	"  -b, --by=WHAT[,WHAT]      day, week, month, model, feature, pod, comm, session, key, "
	"host,\n"
	"                            provider or error (default feature)\n"
	"      --since=TIME          yesterday, today, 2026-11-20, 2026-11-20T14:00, 12h or 7d\n"
	"                            (before now); compared with the period before\n"
	"      --until=TIME          up to, but without, that time\n"
	"      --utc                 times and days in UTC, not in local time\n"
	"  -n, --top=ROWS            so many rows (default 20 on a terminal, else all)\n"
	"  -s, --sort=BY             cost, tokens, calls, errors, input, output, retries, ttft,\n"
	"                            duration (p95) or name\n"
	"  -m, --model=GLOB          only calls of these models\n"
	"      --host=GLOB           only calls to these hosts\n"
	"      --feature=GLOB        only calls of these features\n"
	"      --role=ROLE           client (default), or server: what servers answered\n"
	"  -j, --json                one JSON document (docs/report.schema.json)\n"
	"      --csv                 comma separated values\n"
	"      --fail-over=USD       end with 4 where the cost is above USD\n"
	"  -h, --help                this text\n\n"
	"Examples:\n"
	"  llmsnoop report --since yesterday --until today llm.jsonl*\n"
	"  llmsnoop report -b feature,model --since 7d llm.jsonl*\n"
	"  llmsnoop report -b day --csv llm.jsonl* > days.csv\n"
	"  llmsnoop report --since today --fail-over 50 llm.jsonl || page somebody\n\n"
	"Ends with 0; 1: a file could not be read; 2: wrong use; 4: the cost is above "
	"--fail-over.\n";

struct report {
	struct collect_config cfg;
	const char *since, *until, *sort;
	uint64_t top;
	bool json, csv, compared;
	int64_t fail_over; /* nano-dollars; -1: none */
	struct collect collect;
	struct sheet sheet;
};

static int wrong(const char *option, const char *value, const char *wanted)
{
	log__error("report: %s %s: wanted is %s", option, value, wanted);
	return EXIT_USAGE;
}

static const char *take_by(struct report *r, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, ",");
		enum dimension d = 0;

		while (d < N_DIMENSIONS && (strlen(dimension__name(d)) != n ||
					    strncmp(dimension__name(d), text, n) != 0))
			d++;
		if (d == N_DIMENSIONS)
			return "day, week, month, model, feature, pod, comm, session, key, host, "
			       "provider or error, or several: feature,model";
		if (r->cfg.n_by == GROUP_BY_MAX)
			return "at most four of them";
		r->cfg.by[r->cfg.n_by++] = d;
		text += n + (text[n] == ',');
	}
	return r->cfg.n_by ? NULL : "day, model, feature or another of them (see --help)";
}

static const char *take_glob(const char **list, unsigned int *n, const char *glob)
{
	if (*n == COLLECT_GLOBS_MAX)
		return "at most 16 of them";
	list[(*n)++] = glob;
	return NULL;
}

static const char *take_role(struct report *r, const char *text)
{
	r->cfg.servers = !strcmp(text, "server");
	return r->cfg.servers || !strcmp(text, "client") ? NULL : "client or server";
}

static const char *take_usd(struct report *r, const char *text)
{
	bool integer;

	r->fail_over =
		json_number__valid(span_str(text), &integer) ? entry__nano(span_str(text)) : -1;
	return r->fail_over >= 0 ? NULL : "an amount in dollars like 50 or 0.25";
}

/* What is wrong with the value of an option; NULL: nothing. */
static const char *take(struct report *r, int key, const char *text)
{
	struct collect_config *c = &r->cfg;

	switch (key) {
	case 'b':
		return take_by(r, text);
	case 'n':
		return value__count(text, &r->top);
	case 's':
		r->sort = text;
		return sheet__sorts(text);
	case 'm':
		return take_glob(c->models, &c->n_models, text);
	case KEY_HOST:
		return take_glob(c->hosts, &c->n_hosts, text);
	case KEY_FEATURE:
		return take_glob(c->features, &c->n_features, text);
	case KEY_ROLE:
		return take_role(r, text);
	case KEY_FAIL_OVER:
		return take_usd(r, text);
	case KEY_SINCE:
		r->since = text;
		return NULL;
	case KEY_UNTIL:
		r->until = text;
		return NULL;
	case KEY_UTC:
		c->utc = true;
		return NULL;
	case 'j':
		r->json = true;
		return NULL;
	default:
		r->csv = true;
		return NULL;
	}
}

static int unknown(const char *word)
{
	const char *near = NULL;
	unsigned int best = 99, one;

	for (size_t i = 0; long_options[i].name && !strncmp(word, "--", 2); i++) {
		one = words__distance(word + 2, long_options[i].name);
		if (one < best) {
			best = one;
			near = long_options[i].name;
		}
	}
	if (near && best <= 1 + strlen(word) / 2)
		log__error("report has no option %s. Did you mean --%s?", word, near);
	else
		log__error("report has no option %s. report --help lists them", word);
	return EXIT_USAGE;
}

static void spell(int key, int index, char ret[32])
{
	if (index >= 0)
		snprintf(ret, 32, "--%s", long_options[index].name);
	else
		snprintf(ret, 32, "-%c", key);
}

static int read_period(struct report *r)
{
	struct period *p = &r->cfg.period;
	struct timespec now;
	const char *right;
	int64_t now_ns;

	clock_gettime(CLOCK_REALTIME, &now);
	now_ns = now.tv_sec * NS_PER_S + now.tv_nsec;
	*p = (struct period){PERIOD_FIRST, PERIOD_LAST};
	right = r->since ? period__read(r->since, now_ns, r->cfg.utc, &p->from_ns) : NULL;
	if (right)
		return wrong("--since", r->since, right);
	right = r->until ? period__read(r->until, now_ns, r->cfg.utc, &p->to_ns) : NULL;
	if (right)
		return wrong("--until", r->until, right);
	if (p->to_ns <= p->from_ns) {
		log__error("report: --until %s is not after --since %s", r->until, r->since);
		return EXIT_USAGE;
	}
	/* Without an end, what is compared ends now. */
	r->compared = period__before(
		&(struct period){p->from_ns, p->to_ns == PERIOD_LAST ? now_ns : p->to_ns},
		r->cfg.utc, &r->cfg.before);
	return -1;
}

/* -1: go on; else the exit status. */
static int parse(int argc, char **argv, struct report *r)
{
	const char *right;
	int key, index = -1;

	r->fail_over = -1;
	opterr = 0;
	optind = 1;
	while ((key = getopt_long(argc, argv, ":b:n:s:m:jh?", long_options, &index)) != -1) {
		const char *word = argv[optind - 1];

		if (key == ':') {
			log__error("report: %s needs a value", word);
			return EXIT_USAGE;
		}
		if (key == 'h' || (key == '?' && !strcmp(word, "-?"))) {
			fputs(help_text, stdout);
			return 0;
		}
		if (key == '?') {
			char letter[3] = {'-', (char)optopt, 0};

			return unknown(!strncmp(word, "--", 2) || !optopt ? word : letter);
		}
		right = take(r, key, optarg);
		if (right) {
			char name[32];

			spell(key, index, name);
			return wrong(name, optarg, right);
		}
		index = -1;
	}
	if (r->json && r->csv) {
		log__error("report: --json and --csv contradict each other");
		return EXIT_USAGE;
	}
	if (optind == argc) {
		log__error("report: a FILE is missing: what llmsnoop -o FILE or llmsnoop > FILE "
			   "wrote; - is standard input");
		return EXIT_USAGE;
	}
	if (!r->cfg.n_by)
		r->cfg.by[r->cfg.n_by++] = BY_FEATURE;
	return read_period(r);
}

/* --- output --- */

static int show(const struct report *r)
{
	const struct terminal t = terminal__of(STDOUT_FILENO);
	const struct report_page page = {.sheet = &r->sheet,
					 .cfg = &r->cfg,
					 .compared = r->compared,
					 .utc = r->cfg.utc,
					 .columns = t.columns,
					 .colour = t.colour};
	struct buf out;
	int err;

	buf__init(&out, OUT_MAX_BYTES);
	err = (r->json ? report_json : r->csv ? report_csv : report_text)(&out, &page);
	if (!err)
		err = terminal__write(STDOUT_FILENO, &out);
	buf__free(&out);
	return err;
}

static int judge(const struct report *r)
{
	char cost[64], limit[64];

	if (r->fail_over < 0 || r->collect.now.cost_nusd <= r->fail_over)
		return 0;
	sheet__usd(r->collect.now.cost_nusd, cost);
	sheet__usd(r->fail_over, limit);
	log__error("the cost of $%s is above --fail-over $%s", cost, limit);
	return EXIT_OVER;
}

int report__main(int argc, char **argv)
{
	static struct report r;
	bool tty = isatty(STDOUT_FILENO);
	int status = parse(argc, argv, &r), err, i;

	if (status >= 0)
		return status;
	signal(SIGPIPE, SIG_IGN);
	/* Records may hold what was said. */
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	status = 0;
	err = collect__open(&r.collect, &r.cfg);
	for (i = optind; i < argc && err != -ENOMEM; i++) {
		err = collect__file(&r.collect, argv[i]);
		if (!err)
			continue;
		log__error("%s: %s", argv[i],
			   err == -EBADMSG ? "the compressed data is broken or cut; what stands "
					     "before that counts"
					   : strerror(-err));
		status = EXIT_FAILURE;
	}
	if (err != -ENOMEM)
		err = sheet__make(&r.collect, r.sort,
				  r.top			     ? r.top
				  : tty && !r.json && !r.csv ? ROWS_SHOWN
							     : 0,
				  &r.sheet);
	if (!err)
		err = show(&r);
	if (err && err != -EPIPE)
		log__error("report: %s", strerror(-err));
	if (err)
		status = EXIT_FAILURE;
	else if (judge(&r))
		status = EXIT_OVER;
	sheet__free(&r.sheet);
	collect__close(&r.collect);
	return status;
}

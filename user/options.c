// SPDX-License-Identifier: Apache-2.0
#include "options.h"

#include <argp.h>
#include <bpf/libbpf_version.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "log.h"
#include "options_values.h"
#include "words.h"

#ifndef LLMSNOOP_VERSION
#define LLMSNOOP_VERSION "unknown"
#endif

/* Ollama, vLLM, LM Studio, llama.cpp */

/* Keys of options without a letter. */
enum {
	KEY_CGROUP = 256,
	KEY_HOST,
	KEY_ROLE,
	KEY_NO_FOLLOW,
	KEY_PLAIN,
	KEY_RING,
	KEY_SLOW,
	KEY_FORMAT,
	KEY_LIST,
	KEY_UTC,
	KEY_ESTIMATE,
	KEY_PRICES,
	KEY_RAW,
	KEY_OFFSET,
	KEY_COMMAND, /* what follows "--" */
};

/* ---- values: each takes text to where it belongs; NULL, or what would be right ---- */

static const char *take_flag(struct options *o, const char *text, size_t at)
{
	*(bool *)((char *)o + at) = true;
	return NULL;
}

static const char *take_more(struct options *o, const char *text, size_t at)
{
	++*(unsigned int *)((char *)o + at);
	return NULL;
}

static const char *take_text(struct options *o, const char *text, size_t at)
{
	if (!*text)
		return "a name";
	*(const char **)((char *)o + at) = text;
	return NULL;
}

static const char *take_duration(struct options *o, const char *text, size_t at)
{
	return value__duration(text, (uint64_t *)((char *)o + at));
}

static const char *take_ring(struct options *o, const char *text, size_t at)
{
	return value__ring(text, (size_t *)((char *)o + at));
}

static const char *take_count(struct options *o, const char *text, size_t at)
{
	return value__count(text, (uint64_t *)((char *)o + at));
}

static const char *take_pids(struct options *o, const char *text, size_t at)
{
	return value__pids(text, o);
}

static const char *take_offset(struct options *o, const char *text, size_t at)
{
	const char *right;

	if (o->n_offsets == OPTIONS_OFFSETS_MAX)
		return "at most 16 of them";
	right = offset__parse(text, &o->offsets[o->n_offsets]);
	o->n_offsets += !right;
	return right;
}

static const char *take_ports(struct options *o, const char *text, size_t at)
{
	return value__ports(text, o);
}

static const char *take_uid(struct options *o, const char *text, size_t at)
{
	const char *right;

	if (o->filter.n_uids == FILTER_LIST_MAX)
		return "at most 64 of them";
	right = value__uid(text, &o->filter.uids[o->filter.n_uids]);
	o->filter.n_uids += !right;
	return right;
}

/* A list of texts whose count stands right behind it. */
static const char *take_item(struct options *o, const char *text, size_t at)
{
	const char **list = (const char **)((char *)o + at);
	unsigned int *n = (unsigned int *)(list + FILTER_LIST_MAX);

	if (!*text)
		return "a name";
	if (*n == FILTER_LIST_MAX)
		return "at most 64 of them";
	list[(*n)++] = text;
	return NULL;
}

/* A comm longer than the kernel keeps would match nothing. */
static const char *take_comm(struct options *o, const char *text, size_t at)
{
	if (strlen(text) > 15)
		return "a command name of at most 15 bytes, as ps -o comm has it";
	return take_item(o, text, at);
}

struct word {
	const char *text;
	int value;
};

static bool find_word(const struct word *words, size_t n, const char *text, int *ret)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (!strcmp(words[i].text, text)) {
			*ret = words[i].value;
			return true;
		}
	}
	return false;
}

static const char *take_role(struct options *o, const char *text, size_t at)
{
	static const struct word roles[] = {
		{"client", FILTER_CLIENT},
		{"server", FILTER_SERVER},
		{"both", FILTER_BOTH},
	};
	int v;

	if (!find_word(roles, sizeof(roles) / sizeof(roles[0]), text, &v))
		return "client, server or both";
	o->filter.role = (enum filter_role)v;
	o->role_given = true;
	return NULL;
}

static const char *take_format(struct options *o, const char *text, size_t at)
{
	static const struct word formats[] = {{"table", FORMAT_TABLE}, {"jsonl", FORMAT_JSONL}};
	int v;

	if (!find_word(formats, sizeof(formats) / sizeof(formats[0]), text, &v))
		return "table or jsonl";
	if (o->format != FORMAT_AUTO && o->format != (enum output_format)v)
		return "one format: -j and --format=table contradict each other";
	o->format = (enum output_format)v;
	return NULL;
}

static const char *take_jsonl(struct options *o, const char *text, size_t at)
{
	return take_format(o, "jsonl", at);
}

/* ---- the options ---- */

struct option_def {
	struct argp_option argp; /* name, key, argument, flags, help, group */
	const char *(*take)(struct options *o, const char *text, size_t at);
	size_t at; /* of the destination in struct options */
};

#define AT(member) offsetof(struct options, member)
#define HEADING(text, group)                             \
	{                                                \
		{NULL, 0, NULL, 0, text, group}, NULL, 0 \
	}

static const struct option_def defs[] = {
	HEADING("Whom to trace (default: the whole host):", 1),
	{{"pid", 'p', "PID[,PID]", 0, "these processes and their children", 1}, take_pids, 0},
	{{"no-follow", KEY_NO_FOLLOW, NULL, 0, "not their children", 1}, take_flag, AT(no_follow)},
	{{"comm", 'c', "COMM", 0, "processes of that command name", 1},
	 take_comm,
	 AT(filter.comms)},
	{{"uid", 'u', "UID", 0, "processes of that user", 1}, take_uid, 0},
	{{"cgroup", KEY_CGROUP, "PATH", 0, "processes in that cgroup or below", 1},
	 take_item,
	 AT(filter.cgroups)},
	{{"role", KEY_ROLE, "ROLE", 0,
	  "client, server or both (default: client for the whole host, else both)", 1},
	 take_role,
	 0},
	{{"plain", KEY_PLAIN, "PORT[,PORT]|off", 0,
	  "plain HTTP to and from these ports (default: " PLAIN_DEFAULT ")", 1},
	 take_ports,
	 0},
	HEADING("Which calls to show:", 2),
	{{"model", 'm', "GLOB", 0, "of models like that", 2}, take_item, AT(filter.models)},
	{{"host", KEY_HOST, "GLOB", 0, "to hosts like that", 2}, take_item, AT(filter.hosts)},
	{{"errors", 'x', NULL, 0, "that failed", 2}, take_flag, AT(filter.only_errors)},
	{{"slow", KEY_SLOW, "DURATION", 0, "that took at least so long", 2},
	 take_duration,
	 AT(filter.slow_ns)},
	HEADING("How long:", 3),
	{{"duration", 'd', "DURATION", 0, "end after 200ms, 30s, 1.5m, 2h", 3},
	 take_duration,
	 AT(duration_ns)},
	{{"count", 'n', "COUNT", 0, "end after so many records", 3}, take_count, AT(count)},
	HEADING("Output:", 4),
	{{"json", 'j', NULL, 0, "JSON lines, also on a terminal", 4}, take_jsonl, 0},
	{{"format", KEY_FORMAT, "FORMAT", 0, "table or jsonl", 4}, take_format, 0},
	{{"output", 'o', "FILE", 0, "JSON lines to FILE as well (appended; made 0600)", 4},
	 take_text,
	 AT(out)},
	{{"estimate", KEY_ESTIMATE, NULL, 0, "guess tokens that the provider does not tell", 4},
	 take_flag,
	 AT(estimate)},
	{{"prices", KEY_PRICES, "FILE", 0,
	  "prices of models, a list of genai-prices or LiteLLM; off: none", 4},
	 take_text,
	 AT(prices)},
	{{"utc", KEY_UTC, NULL, 0, "times of the table in UTC", 4}, take_flag, AT(utc)},
	{{"quiet", 'q', NULL, 0, "neither table nor totals", 4}, take_flag, AT(quiet)},
	{{"verbose", 'v', NULL, 0, "say more; twice: still more", 4}, take_more, AT(verbose)},
	HEADING("Capture:", 5),
	{{"write", 'w', "CAP", 0, "write the capture to CAP (0600; holds prompts)", 5},
	 take_text,
	 AT(cap_out)},
	{{"raw", KEY_RAW, NULL, 0, "with -w: do not remove credentials", 5}, take_flag, AT(raw)},
	{{"read", 'r', "CAP", 0, "read CAP instead of tracing; needs no root", 5},
	 take_text,
	 AT(cap_in)},
	{{"ring", KEY_RING, "SIZE", 0, "size of the ring buffer (default 16M)", 5},
	 take_ring,
	 AT(ring_bytes)},
	{{"offset", KEY_OFFSET, "FILE:read=ADDR,write=ADDR", 0,
	  "probe these functions of FILE (path, glob of its name, build id); addresses as objdump "
	  "and nm show them",
	  5},
	 take_offset,
	 0},
	{{"list", KEY_LIST, NULL, 0, "list what would be traced, and end", 5}, take_flag, AT(list)},
	HEADING("Other:", 6),
	{{"help", '?', NULL, 0, "this text", 6}, NULL, 0},
	{{NULL, 'h', NULL, OPTION_HIDDEN, NULL, 6}, NULL, 0},
	{{"version", 'V', NULL, 0, "the version and what it was built with", 6}, NULL, 0},
};

#define N_DEFS (sizeof(defs) / sizeof(defs[0]))

static const struct option_def *def_of_key(int key)
{
	size_t i;

	for (i = 0; i < N_DEFS; i++)
		if (defs[i].argp.key == key && key)
			return &defs[i];
	return NULL;
}

/* Which options cannot stand together, and which need another. */
static const struct rule {
	int key;
	int other;
	bool needs; /* key makes sense only with other; else: never with it */
} rules[] = {
	{'p', KEY_COMMAND, false}, {'r', 'p', false},	     {'r', 'w', false},
	{'r', KEY_RING, false},	   {'r', KEY_LIST, false},   {'r', KEY_NO_FOLLOW, false},
	{'r', KEY_COMMAND, false}, {KEY_LIST, 'w', false},   {KEY_LIST, 'o', false},
	{KEY_LIST, 'd', false},	   {KEY_LIST, 'n', false},   {KEY_LIST, KEY_COMMAND, false},
	{KEY_RAW, 'w', true},	   {'r', KEY_OFFSET, false}, {'r', KEY_PLAIN, false},
};

/* ---- messages ---- */

static void spell(int key, char *ret, size_t size)
{
	const struct option_def *d = def_of_key(key);

	if (key == KEY_COMMAND || !d)
		snprintf(ret, size, "a command after --");
	else if (key < 256)
		snprintf(ret, size, "-%c", key);
	else
		snprintf(ret, size, "--%s", d->argp.name);
}

static int unknown_long(const char *name)
{
	unsigned int best = 99, one;
	const char *near = NULL;
	size_t i;

	for (i = 0; i < N_DEFS; i++) {
		one = defs[i].argp.name ? words__distance(name, defs[i].argp.name) : 99;
		if (one < best) {
			best = one;
			near = defs[i].argp.name;
		}
	}
	if (near && best <= 1 + strlen(name) / 2)
		log__error("there is no option --%s. Did you mean --%s?", name, near);
	else
		log__error("there is no option --%s. --help lists them", name);
	return EXIT_USAGE;
}

static int unknown_letter(char c)
{
	char other = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : (char)(c - 'A' + 'a');

	if (((c | 32) >= 'a' && (c | 32) <= 'z') && def_of_key(other))
		log__error("there is no option -%c. Did you mean -%c?", c, other);
	else
		log__error("there is no option -%c. --help lists them", c);
	return EXIT_USAGE;
}

/* ---- a look at the words before argp reads them, since its own messages name no remedy ---- */

static const struct option_def *def_of_name(const char *name, size_t n, unsigned int *ret_found)
{
	const struct option_def *d = NULL;
	size_t i;

	*ret_found = 0;
	for (i = 0; i < N_DEFS; i++) {
		if (!defs[i].argp.name || strncmp(defs[i].argp.name, name, n))
			continue;
		d = &defs[i];
		++*ret_found;
		if (!d->argp.name[n]) {
			*ret_found = 1;
			return d;
		}
	}
	return d;
}

/* One word that begins with "--". *ret_next: the next word is its value. */
static int check_long(const char *word, const char *next, bool *ret_next)
{
	const char *eq = strchr(word, '=');
	size_t n = eq ? (size_t)(eq - word) : strlen(word);
	char name[64];
	const struct option_def *d;
	unsigned int found;

	snprintf(name, sizeof(name), "%.*s", (int)(n < 63 ? n : 63), word);
	d = def_of_name(word, n, &found);
	if (!found || !n)
		return unknown_long(name);
	if (found > 1) {
		log__error("--%s could be more than one option. --help lists them", name);
		return EXIT_USAGE;
	}
	if (eq && !d->argp.arg) {
		log__error("--%s takes no value", d->argp.name);
		return EXIT_USAGE;
	}
	*ret_next = d->argp.arg && !eq;
	if (*ret_next && !next) {
		log__error("--%s needs a value: --%s %s", d->argp.name, d->argp.name, d->argp.arg);
		return EXIT_USAGE;
	}
	return -1;
}

/* One word of letters. */
static int check_letters(const char *word, const char *next, bool *ret_next)
{
	const struct option_def *d;

	for (; *word; word++) {
		d = def_of_key((unsigned char)*word);
		if (!d)
			return unknown_letter(*word);
		if (!d->argp.arg)
			continue;
		*ret_next = !word[1];
		if (*ret_next && !next) {
			log__error("-%c needs a value: -%c %s", *word, *word, d->argp.arg);
			return EXIT_USAGE;
		}
		return -1;
	}
	return -1;
}

static int check_words(int argc, char **argv)
{
	bool skip;
	int i, end;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--"))
			return -1;
		skip = false;
		end = -1;
		if (!strncmp(argv[i], "--", 2))
			end = check_long(argv[i] + 2, argv[i + 1], &skip);
		else if (argv[i][0] == '-' && argv[i][1])
			end = check_letters(argv[i] + 1, argv[i + 1], &skip);
		if (end >= 0)
			return end;
		i += skip;
	}
	return -1;
}

/* ---- argp ---- */

struct parse {
	struct options *o;
	bool given[KEY_COMMAND + 1]; /* by key */
	bool help, version;
	int end; /* exit status, -1: none yet */
};

static error_t fail(struct parse *p)
{
	p->end = EXIT_USAGE;
	return EINVAL;
}

static error_t on_word(struct parse *p, char *word, struct argp_state *state)
{
	static const char *const later[] = {"top", "report"};
	size_t i;

	if (state->quoted && state->next > state->quoted) {
		p->given[KEY_COMMAND] = true;
		p->o->command = &state->argv[state->next - 1];
		state->next = state->argc;
		return 0;
	}
	if (!strcmp(word, "trace") && state->arg_num == 0)
		return 0;
	for (i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
		if (!strcmp(word, later[i])) {
			log__error("this version has no command %s", word);
			return fail(p);
		}
	}
	log__error("\"%s\" is no option. To start a program and trace it: llmsnoop -- %s ...", word,
		   word);
	return fail(p);
}

static error_t on_key(int key, char *arg, struct argp_state *state)
{
	struct parse *p = state->input;
	const struct option_def *d;
	const char *right;
	char name[40];

	if (key == ARGP_KEY_ARG)
		return on_word(p, arg, state);
	if (key == '?' || key == 'h' || key == 'V') {
		*(key == 'V' ? &p->version : &p->help) = true;
		return 0;
	}
	d = key > 0 && key < KEY_COMMAND ? def_of_key(key) : NULL;
	if (!d)
		return ARGP_ERR_UNKNOWN;
	p->given[key] = true;
	right = d->take(p->o, arg, d->at);
	if (!right)
		return 0;
	spell(key, name, sizeof(name));
	if (arg)
		log__error("%s %s: wanted is %s", name, arg, right);
	else
		log__error("%s: wanted is %s", name, right);
	return fail(p);
}

static int check_rules(const struct parse *p)
{
	char a[40], b[40];
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct rule *r = &rules[i];

		if (!p->given[r->key] || p->given[r->other] == r->needs)
			continue;
		spell(r->key, a, sizeof(a));
		spell(r->other, b, sizeof(b));
		log__error(r->needs ? "%s is of use only with %s"
				    : "%s and %s contradict each other",
			   a, b);
		return EXIT_USAGE;
	}
	if (p->given[KEY_NO_FOLLOW] && !p->given['p'] && !p->given[KEY_COMMAND]) {
		log__error("--no-follow is of use only with -p or a command after --");
		return EXIT_USAGE;
	}
	return -1;
}

static void show_version(void)
{
	printf("llmsnoop %s\n", LLMSNOOP_VERSION);
	printf("built with libbpf %d.%d, zlib %s, compiler %s\n", LIBBPF_MAJOR_VERSION,
	       LIBBPF_MINOR_VERSION, ZLIB_VERSION, __VERSION__);
}

static const char usage_text[] = "\n-- COMMAND [ARGS]\ndoctor [OPTION...]";

static const char help_text[] =
	"Shows each call that programs make to language models: no change to the programs, no "
	"proxy, no key. Reads what they pass to their TLS library.\v"
	"Examples:\n"
	"  sudo llmsnoop                       every call on this host\n"
	"  sudo llmsnoop -p 4711               one process and its children\n"
	"  sudo llmsnoop -- python3 rag.py     start a program and trace it\n"
	"  sudo llmsnoop -x                    only calls that failed\n"
	"  sudo llmsnoop -m 'claude-*' --slow 10s\n"
	"  sudo llmsnoop | jq .                records as JSON lines\n"
	"  sudo llmsnoop -w day.cap; llmsnoop -r day.cap\n"
	"  sudo llmsnoop doctor                what can be seen here, what not, and why\n"
	"\n"
	"Ends with 0; 1: failure while running; 2: wrong use; 3: cannot trace here (says why).";

/* Without argp's note on arguments of short options. */
static char *filter_help(int key, const char *text, void *input)
{
	return key == ARGP_KEY_HELP_DUP_ARGS_NOTE ? NULL : (char *)text;
}

static int run_argp(int argc, char **argv, struct parse *p)
{
	struct argp_option list[N_DEFS + 1] = {0};
	struct argp argp = {.options = list,
			    .parser = on_key,
			    .args_doc = usage_text,
			    .doc = help_text,
			    .help_filter = filter_help};
	char name[] = "llmsnoop";
	size_t i;

	for (i = 0; i < N_DEFS; i++)
		list[i] = defs[i].argp;
	if (argp_parse(&argp, argc, argv,
		       ARGP_NO_EXIT | ARGP_NO_ERRS | ARGP_NO_HELP | ARGP_IN_ORDER, NULL, p))
		return p->end >= 0 ? p->end : EXIT_USAGE;
	if (p->help) {
		argp_help(&argp, stdout, ARGP_HELP_SHORT_USAGE | ARGP_HELP_LONG | ARGP_HELP_DOC,
			  name);
		return 0;
	}
	if (p->version) {
		show_version();
		return 0;
	}
	return -1;
}

int options__parse(int argc, char **argv, struct options *ret)
{
	struct parse p = {.o = ret, .end = -1};
	int end;

	*ret = (struct options){0};
	value__ports(PLAIN_DEFAULT, ret);
	end = check_words(argc, argv);
	if (end < 0)
		end = run_argp(argc, argv, &p);
	if (end < 0 && argc > 1 && !strcmp(argv[argc - 1], "--") && !ret->command) {
		log__error("after -- a command is missing");
		end = EXIT_USAGE;
	}
	if (end < 0)
		end = check_rules(&p);
	if (end < 0 && !ret->role_given && (ret->n_pids || ret->command))
		ret->filter.role = FILTER_BOTH;
	return end;
}

// SPDX-License-Identifier: Apache-2.0
#include "options.h"

#include <bpf/libbpf_version.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "config.h"
#include "log.h"
#include "options_table.h"
#include "options_values.h"
#include "words.h"

#ifndef LLMSNOOP_VERSION
#define LLMSNOOP_VERSION "unknown"
#endif

static const struct option_def *def_of_key(int key)
{
	size_t i;

	for (i = 0; i < n_option_defs; i++)
		if (option_defs[i].argp.key == key && key)
			return &option_defs[i];
	return NULL;
}

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

/* The option that is spelled much like name; NULL: none is. */
static const char *near_name(const char *name)
{
	unsigned int best = 99, one;
	const char *near = NULL;
	size_t i;

	for (i = 0; i < n_option_defs; i++) {
		one = option_defs[i].argp.name ? words__distance(name, option_defs[i].argp.name)
					       : 99;
		if (one < best) {
			best = one;
			near = option_defs[i].argp.name;
		}
	}
	return best <= 1 + strlen(name) / 2 ? near : NULL;
}

static int unknown_long(const char *name)
{
	const char *near = near_name(name);

	if (near)
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
	for (i = 0; i < n_option_defs; i++) {
		if (!option_defs[i].argp.name || strncmp(option_defs[i].argp.name, name, n))
			continue;
		d = &option_defs[i];
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
	static const char *const first[] = {"doctor", "report"};
	size_t i;

	if (state->quoted && state->next > state->quoted) {
		p->given[KEY_COMMAND] = true;
		p->o->command = &state->argv[state->next - 1];
		state->next = state->argc;
		return 0;
	}
	if (!strcmp(word, "trace") && state->arg_num == 0)
		return 0;
	for (i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
		if (!strcmp(word, first[i])) {
			log__error("%s comes first, its options behind it: llmsnoop %s ...", word,
				   word);
			return fail(p);
		}
	}
	if (!strcmp(word, "top"))
		log__error("this version has no command top");
	else
		log__error("\"%s\" is no option; --help lists them. To start a program and trace "
			   "it: llmsnoop -- %s ...",
			   word, word);
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

/* ---- the configuration file ---- */

/* Two names of one choice: the command line's outdoes the file's, whichever each used. */
static int chosen_by(int key)
{
	return key == 'j' ? KEY_FORMAT : key;
}

static bool said_before(const bool *given, int key)
{
	int other = chosen_by(key);

	return given[key] || given[other] || (key == KEY_FORMAT && given['j']);
}

static const char *take_switch(struct parse *p, const struct option_def *d, const char *text)
{
	static const char *const words[][2] = {{"yes", "no"}, {"true", "false"}, {"on", "off"}};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!strcmp(text, words[i][0]))
			return d->take(p->o, NULL, d->at);
		if (strcmp(text, words[i][1]) != 0)
			continue;
		p->given[d->argp.key] = false;
		return d->take(p->o, text, d->at);
	}
	return "yes or no";
}

/* One line of the file, unless the command line said it; of two lines of what there is one of the
 * later holds. NULL, or what is wrong with it. */
static const char *take_entry(struct parse *p, const bool *given, const struct config_entry *e)
{
	static char text[256]; /* what a message is made of, until the next one */
	unsigned int found;
	const struct option_def *d = def_of_name(e->key, strlen(e->key), &found);
	const char *right;

	if (!d || strcmp(d->argp.name, e->key)) {
		right = near_name(e->key);
		snprintf(text, sizeof(text), "there is no such option.%s%s%s",
			 right ? " Did you mean " : " llmsnoop --help lists them",
			 right ? right : "", right ? "?" : "");
		return text;
	}
	if (d->once || !d->take)
		return "it belongs to the command line";
	if (said_before(given, d->argp.key))
		return NULL;
	p->given[d->argp.key] = true;
	right = d->argp.arg ? d->take(p->o, e->value, d->at) : take_switch(p, d, e->value);
	if (!right)
		return NULL;
	snprintf(text, sizeof(text), "wanted is %s", right);
	return text;
}

static int read_config(struct parse *p, const char *path)
{
	const struct config_entry *e = NULL;
	bool given[sizeof(p->given)];
	char error[512];
	const char *wrong;

	if (config__load(path, error, sizeof(error), &p->o->config)) {
		log__error("--config: %s", error);
		return EXIT_USAGE;
	}
	memcpy(given, p->given, sizeof(given));
	while ((e = config__next(p->o->config, "", e))) {
		wrong = take_entry(p, given, e);
		if (!wrong)
			continue;
		log__error("%s:%u: %s = %s: %s", path, e->line, e->key, e->value, wrong);
		return EXIT_USAGE;
	}
	return -1;
}

bool options__is_stdout(const char *path)
{
	return path && (!strcmp(path, "-") || !strcmp(path, "/dev/stdout"));
}

static int check_rules(const struct parse *p)
{
	char a[40], b[40];
	size_t i;

	for (i = 0; i < n_option_rules; i++) {
		const struct option_rule *r = &option_rules[i];

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
	if (options__is_stdout(p->o->out) && options__is_stdout(p->o->cap_out)) {
		log__error("-o and -w cannot both write to standard output");
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

static const char usage_text[] = "Usage: llmsnoop [OPTION...] [-- COMMAND [ARG...]]\n"
				 "  or:  llmsnoop doctor [OPTION...]\n"
				 "  or:  llmsnoop report [OPTION...] FILE...\n";

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

/* Without argp's note on arguments of short options; whoever formats it otherwise does so. */
static void show_help(const struct argp *argp)
{
	char name[] = "llmsnoop";

	setenv("ARGP_HELP_FMT", "no-dup-args-note", 0);
	fputs(usage_text, stdout);
	argp_help(argp, stdout, ARGP_HELP_LONG | ARGP_HELP_DOC, name);
}

static int run_argp(int argc, char **argv, struct parse *p)
{
	struct argp_option list[OPTIONS_DEFS_MAX + 1] = {0};
	struct argp argp = {.options = list, .parser = on_key, .doc = help_text};
	size_t i;

	for (i = 0; i < n_option_defs; i++)
		list[i] = option_defs[i].argp;
	if (argp_parse(&argp, argc, argv,
		       ARGP_NO_EXIT | ARGP_NO_ERRS | ARGP_NO_HELP | ARGP_IN_ORDER, NULL, p))
		return p->end >= 0 ? p->end : EXIT_USAGE;
	if (p->help) {
		show_help(&argp);
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

	*ret = (struct options){.sample_percent = -1};
	value__ports(PLAIN_DEFAULT, ret);
	end = check_words(argc, argv);
	if (end < 0)
		end = run_argp(argc, argv, &p);
	if (end < 0 && argc > 1 && !strcmp(argv[argc - 1], "--") && !ret->command) {
		log__error("after -- a command is missing");
		end = EXIT_USAGE;
	}
	if (end < 0 && ret->config_path)
		end = read_config(&p, ret->config_path);
	if (end < 0)
		end = check_rules(&p);
	if (end < 0 && !ret->role_given && (ret->n_pids || ret->command))
		ret->filter.role = FILTER_BOTH;
	return end;
}

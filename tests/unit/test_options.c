// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "log.h"
#include "options.h"
#include "options_values.h"

static char said[65536]; /* what the latest parse wrote to both outputs */

/* Parses "llmsnoop " + words, split at spaces; keeps what it writes. */
static int parse(const char *words, struct options *o)
{
	static char line[4096];
	static char *argv[512];
	int argc = 0, out, was_out, was_err, end;
	char *at, *save = NULL;
	ssize_t n;

	snprintf(line, sizeof(line), "llmsnoop %s", words);
	for (at = strtok_r(line, " ", &save); at; at = strtok_r(NULL, " ", &save))
		argv[argc++] = at;
	argv[argc] = NULL;
	fflush(stdout);
	out = memfd_create("said", 0);
	was_out = dup(1);
	was_err = dup(2);
	dup2(out, 1);
	dup2(out, 2);
	end = options__parse(argc, argv, o);
	fflush(stdout);
	dup2(was_out, 1);
	dup2(was_err, 2);
	close(was_out);
	close(was_err);
	n = pread(out, said, sizeof(said) - 1, 0);
	said[n > 0 ? n : 0] = 0;
	close(out);
	return end;
}

static void good_lines(void **state)
{
	struct options o;

	assert_int_equal(parse("", &o), -1);
	assert_int_equal(o.filter.role, FILTER_CLIENT);
	assert_int_equal(o.format, FORMAT_AUTO);
	assert_int_equal(parse("trace -x", &o), -1);
	assert_true(o.filter.only_errors);
	assert_int_equal(
		parse("-p 1,22 -p 22,333 -q -vv -j -o out -d 1.5m -n 3 --utc --ring 64K --estimate "
		      "--slow=200ms -w cap --raw --no-follow",
		      &o),
		-1);
	assert_int_equal(o.n_pids, 3);
	assert_int_equal(o.pids[2], 333);
	assert_int_equal(o.filter.role, FILTER_BOTH);
	assert_int_equal(o.verbose, 2);
	assert_true(o.quiet && o.estimate && o.utc && o.raw && o.no_follow);
	assert_int_equal(o.format, FORMAT_JSONL);
	assert_string_equal(o.out, "out");
	assert_string_equal(o.cap_out, "cap");
	assert_int_equal(o.duration_ns, 90000000000);
	assert_int_equal(o.count, 3);
	assert_int_equal(o.ring_bytes, 65536);
	assert_int_equal(o.filter.slow_ns, 200000000);
	assert_int_equal(o.n_plain, 4);
	assert_int_equal(o.plain[0], 11434);
	assert_int_equal(parse("--plain 1,65535", &o), -1);
	assert_int_equal(o.n_plain, 2);
	assert_int_equal(o.plain[1], 65535);
	assert_int_equal(parse("--plain off", &o), -1);
	assert_int_equal(o.n_plain, 0);
	assert_int_equal(parse("-c python3 -c node -u 0 -u root -u 1000 --cgroup /a --cgroup=/b "
			       "-m claude-* -m gpt* --host *.x --role server",
			       &o),
			 -1);
	assert_int_equal(o.filter.n_comms, 2);
	assert_string_equal(o.filter.comms[1], "node");
	assert_int_equal(o.filter.n_uids, 3);
	assert_int_equal(o.filter.uids[1], 0);
	assert_int_equal(o.filter.n_cgroups, 2);
	assert_int_equal(o.filter.n_models, 2);
	assert_int_equal(o.filter.n_hosts, 1);
	assert_int_equal(o.filter.role, FILTER_SERVER);
	assert_true(o.role_given);
	assert_int_equal(
		parse("--offset a:read=0x1,write=0x2 --offset=b:read=0x3,write_ex=0x4", &o), -1);
	assert_int_equal(o.n_offsets, 2);
	assert_int_equal(o.offsets[1].fns[1].vaddr, 4);
	assert_int_equal(parse("--form table --dur 5", &o), -1); /* unambiguous beginnings */
	assert_int_equal(o.format, FORMAT_TABLE);
	assert_int_equal(o.duration_ns, 5000000000);
}

static void commands_keep_their_own_options(void **state)
{
	struct options o;

	assert_int_equal(parse("-q -- curl -p 5 --nonsense -- x", &o), -1);
	assert_non_null(o.command);
	assert_string_equal(o.command[0], "curl");
	assert_string_equal(o.command[1], "-p");
	assert_string_equal(o.command[3], "--nonsense");
	assert_string_equal(o.command[4], "--");
	assert_null(o.command[6]);
	assert_int_equal(o.n_pids, 0);
	assert_int_equal(o.filter.role, FILTER_BOTH);
	assert_int_equal(parse("trace -- trace", &o), -1);
	assert_string_equal(o.command[0], "trace");
	assert_int_equal(parse("-r - --utc", &o), -1);
	assert_string_equal(o.cap_in, "-");
	assert_int_equal(parse("-o -- -q", &o), -1); /* "--" as a value */
	assert_string_equal(o.out, "--");
}

static void bad_lines_say_what_is_right(void **state)
{
	static const struct {
		const char *words, *says;
	} cases[] = {
		{"--modle x", "Did you mean --model"},
		{"--errrors", "Did you mean --errors"},
		{"--zzzzzzzz", "no option --zzzzzzzz. --help"},
		{"-Q", "Did you mean -q"},
		{"-Z", "no option -Z"},
		{"-xY", "no option -Y. --help"},
		{"--r x", "could be more than one"},
		{"-p", "-p needs a value: -p PID"},
		{"--slow", "--slow needs a value"},
		{"--quiet=1", "--quiet takes no value"},
		{"--offset x", "--offset x: wanted is FILE:read=0x1234"},
		{"--offset x:read=0x1", "write= or write_ex= too"},
		{"--offset x:read=7,write=0x1", "as objdump -d and nm show it"},
		{"-r x --offset x:read=0x1,write=0x1", "-r and --offset contradict"},
		{"-p 0", "-p 0: wanted is process ids"},
		{"-p 1,,2", "process ids"},
		{"-p 1,", "process ids"},
		{"-p 12x", "process ids"},
		{"-p 99999999", "process ids"},
		{"-p -3", "process ids"},
		{"-u nobody-of-this-name", "user id"},
		{"-u 4294967295", "user id"},
		{"-c a-name-longer-than-comm", "15 bytes"},
		{"-d 0", "more than nothing"},
		{"-d 5x", "a duration like"},
		{"-d -5", "a duration like"},
		{"-d 1.", "a duration like"},
		{"--slow 99999999999999999999", "a duration like"},
		{"-n 0", "1 or more"},
		{"-n 18446744073709551616", "1 or more"},
		{"--ring 63K", "power of two"},
		{"--ring 96K", "power of two"},
		{"--ring 32K", "power of two"},
		{"--ring 2G", "power of two"},
		{"--ring 64Q", "power of two"},
		{"--plain 0", "ports like"},
		{"--plain 65536", "ports like"},
		{"--plain 80,", "ports like"},
		{"--plain on", "ports like"},
		{"-r a --plain 80", "-r and --plain contradict"},
		{"--role peer", "client, server or both"},
		{"--format xml", "table or jsonl"},
		{"-j --format=table", "contradict"},
		{"-o - -w -", "-o and -w cannot both"},
		{"-j doctor", "llmsnoop doctor ..."},
		{"-x report a.jsonl", "llmsnoop report ..."},
		{"rag.py", "llmsnoop -- rag.py ..."},
		{"help", "--help lists them"},
		{"-p 1 -- ls", "-p and a command after -- contradict"},
		{"-r a -p 1", "-r and -p contradict"},
		{"-r a -w b", "-r and -w contradict"},
		{"-r a --ring 1M", "-r and --ring contradict"},
		{"-r a --list", "-r and --list contradict"},
		{"-r a -- ls", "-r and a command after -- contradict"},
		{"--list -w x", "--list and -w contradict"},
		{"--raw", "--raw is of use only with -w"},
		{"--no-follow", "only with -p"},
		{"curl", "llmsnoop -- curl"},
		{"top", "no command top"},
		{"-q --", "after -- a command is missing"},
	};
	struct options o;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int end = parse(cases[i].words, &o);

		if (end != EXIT_USAGE || !strstr(said, cases[i].says))
			fail_msg("\"%s\": %d, said: %s", cases[i].words, end, said);
	}
}

static void help_and_version_end_well(void **state)
{
	struct options o;

	assert_int_equal(parse("--help", &o), 0);
	assert_non_null(strstr(said, "sudo llmsnoop -p 4711"));
	assert_non_null(strstr(said, "--cgroup=PATH"));
	assert_non_null(strstr(said, "\n  or:  llmsnoop doctor [OPTION...]\n"));
	assert_null(strstr(said, "Mandatory or optional"));
	assert_non_null(strstr(said, "COMMAND"));
	assert_int_equal(parse("-V", &o), 0);
	assert_non_null(strstr(said, "llmsnoop "));
	assert_non_null(strstr(said, "libbpf"));
	assert_int_equal(parse("-?", &o), 0);
	assert_int_equal(parse("-h", &o), 0);
	assert_non_null(strstr(said, "Usage: llmsnoop"));
}

static void hostile_words_reach_no_terminal(void **state)
{
	struct options o;

	assert_int_equal(parse("--\033[31mred\xFF", &o), EXIT_USAGE);
	assert_null(strchr(said, '\033'));
	assert_non_null(strstr(said, "\\x1b[31mred\\xff"));
}

static void many_values_are_bounded(void **state)
{
	static char line[4000];
	struct options o;
	int i, n = 0;

	for (i = 0; i < 65; i++)
		n += snprintf(line + n, sizeof(line) - (size_t)n, "-c c%d ", i);
	assert_int_equal(parse(line, &o), EXIT_USAGE);
	assert_int_equal(o.filter.n_comms, FILTER_LIST_MAX);
	n = snprintf(line, sizeof(line), "-p 1");
	for (i = 2; i < 400; i++)
		n += snprintf(line + n, sizeof(line) - (size_t)n, ",%d", i);
	assert_int_equal(parse(line, &o), EXIT_USAGE);
	assert_int_equal(o.n_pids, 0);
}

static void the_log_says_things_once(void **state)
{
	int out = memfd_create("log", 0), was = dup(2);
	char text[8192];
	ssize_t n;

	dup2(out, 2);
	log__warn("one %d", 1);
	log__warn("one %d", 1);
	log__warn("one %d", 2);
	log__info("not at this level");
	log__say("line \x1b]0;x\x07");
	log__say("line \x1b]0;x\x07");
	dup2(was, 2);
	close(was);
	n = pread(out, text, sizeof(text) - 1, 0);
	text[n] = 0;
	close(out);
	assert_string_equal(text, "llmsnoop: one 1\nllmsnoop: one 2\nline \\x1b]0;x\\x07\n"
				  "line \\x1b]0;x\\x07\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_lines),
		cmocka_unit_test(commands_keep_their_own_options),
		cmocka_unit_test(bad_lines_say_what_is_right),
		cmocka_unit_test(help_and_version_end_well),
		cmocka_unit_test(hostile_words_reach_no_terminal),
		cmocka_unit_test(many_values_are_bounded),
		cmocka_unit_test(the_log_says_things_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

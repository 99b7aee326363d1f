// SPDX-License-Identifier: Apache-2.0
#include "enrich/service.h"

#include <stdio.h>
#include <string.h>

#include "base/glob.h"
#include "base/utf8.h"

/* Programs that say nothing themselves about what runs. */
static const struct interpreter {
	const char *glob;     /* over the basename of the executable */
	const char *with_arg; /* options that take the next argument, each between spaces */
	const char *names;    /* options whose next argument is the name itself */
	const char *code;     /* options after which there is no script */
} interpreters[] = {
	{"python*", " -W -X --check-hash-based-pycs ", " -m ", " -c "},
	{"pypy*", " -W -X ", " -m ", " -c "},
	{"node", " -r --require --import --loader -C --conditions --env-file ", "  ",
	 " -e -p --eval --print "},
	{"nodejs", " -r --require --import --loader -C --conditions ", "  ", " -e -p "},
	{"bun", "  ", " run ", " -e "},
	{"deno", " --config -c --import-map ", " run ", " eval "},
	{"ruby*", " -I -r ", "  ", " -e "},
	{"perl*", " -I -M ", "  ", " -e -E "},
	{"php*", " -c -d ", "  ", " -r "},
	{"java", " -cp -classpath --class-path -p --module-path --add-modules ", " -jar -m ", "  "},
	{"*sh", " -o ", "  ", " -c "},
	{"Rscript", "  ", "  ", " -e "},
};

static struct span basename_of(struct span path)
{
	size_t i;

	while (path.n > 1 && path.p[path.n - 1] == '/')
		path.n--;
	for (i = path.n; i > 0; i--)
		if (path.p[i - 1] == '/')
			return span_skip(path, i);
	return path;
}

static struct span next_word(struct span *rest)
{
	ptrdiff_t at = span_find(*rest, SPAN_LIT(" "));
	struct span word = at < 0 ? *rest : span_head(*rest, at);

	*rest = at < 0 ? SPAN_NONE : span_skip(*rest, at + 1);
	return word;
}

static bool listed(const char *list, struct span word)
{
	char spaced[64];

	if (!word.n || word.n > sizeof(spaced) - 3)
		return false;
	snprintf(spaced, sizeof(spaced), " %.*s ", (int)word.n, (const char *)word.p);
	return strstr(list, spaced);
}

/* The script among the arguments, or an empty span. */
static struct span script_of(const struct interpreter *in, const char *cmdline)
{
	struct span rest = span_str(cmdline), word;

	next_word(&rest);
	while (rest.n) {
		word = next_word(&rest);
		if (listed(in->code, word))
			return SPAN_NONE;
		if (listed(in->names, word))
			continue;
		if (listed(in->with_arg, word)) {
			next_word(&rest);
			continue;
		}
		if (word.n && word.p[0] != '-')
			return basename_of(word);
	}
	return SPAN_NONE;
}

static void keep(struct span s, char *ret_name, size_t size)
{
	s = utf8__head(s, size - 1);
	if (s.n)
		memcpy(ret_name, s.p, s.n);
	ret_name[s.n] = 0;
}

void service__name(const char *exe, const char *cmdline, const char *comm, char *ret_name,
		   size_t size)
{
	struct span name = basename_of(span_str(exe));
	struct span script;
	size_t i;

	keep(name, ret_name, size);
	for (i = 0; i < sizeof(interpreters) / sizeof(interpreters[0]); i++) {
		if (!glob__match(interpreters[i].glob, ret_name))
			continue;
		script = script_of(&interpreters[i], cmdline);
		if (script.n)
			keep(script, ret_name, size);
		return;
	}
	if (!name.n)
		keep(span_str(comm), ret_name, size);
}

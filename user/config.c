// SPDX-License-Identifier: Apache-2.0
#include "config.h"

#include <errno.h>
#include <ini.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

/* Who reads which section. */
static const char *const sections[] = {
	"", "feature", /* enrich: names for features */
	"otel",	       /* OTLP: OpenTelemetry's variables */
};

struct config {
	char *path;
	struct config_entry *v;
	size_t n, cap;
};

struct reading {
	struct config *c;
	FILE *f;
	unsigned int line; /* of what inih was given last */
	char *error;
	size_t size;
	int err;
};

static int fail(struct reading *r, int err, const char *what)
{
	if (!r->err) {
		r->err = err;
		snprintf(r->error, r->size, "%s:%u: %s", r->c->path, r->line, what);
	}
	return 0;
}

/* inih cuts lines that are longer than its buffer and takes the rest for the next one. */
static char *read_line(char *text, int size, void *ctx)
{
	struct reading *r = ctx;
	size_t n;

	if (r->err || !fgets(text, size, r->f))
		return NULL;
	r->line++;
	n = strlen(text);
	if (n == (size_t)size - 1 && text[n - 1] != '\n' && !feof(r->f)) {
		fail(r, -EINVAL,
		     "this line is too long; an indented line below it goes on with its key");
		return NULL;
	}
	return text;
}

static bool is_section(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		if (!strcmp(name, sections[i]))
			return true;
	return false;
}

static int on_entry(void *ctx, const char *section, const char *key, const char *value)
{
	struct reading *r = ctx;
	struct config *c = r->c;
	struct config_entry e = {.line = r->line}, *more;
	char text[256];

	if (!is_section(section)) {
		snprintf(text, sizeof(text), "there is no section [%s]", section);
		return fail(r, -EINVAL, text);
	}
	if (c->n == c->cap) {
		more = reallocarray(c->v, c->cap ? 2 * c->cap : 64, sizeof(*c->v));
		if (!more)
			return fail(r, -ENOMEM, strerror(ENOMEM));
		c->v = more;
		c->cap = c->cap ? 2 * c->cap : 64;
	}
	e.section = strdup(section);
	e.key = strdup(key);
	e.value = strdup(value);
	c->v[c->n++] = e;
	if (!e.section || !e.key || !e.value)
		return fail(r, -ENOMEM, strerror(ENOMEM));
	return 1;
}

static int open_file(struct reading *r)
{
	size_t n;
	int fd = file__open(r->c->path, CONFIG_FILE_MAX, &n);

	r->f = fd < 0 ? NULL : fdopen(fd, "r");
	if (r->f)
		return 0;
	r->err = fd < 0 ? fd : -ENOMEM;
	if (fd >= 0)
		close(fd);
	snprintf(r->error, r->size, "%s: %s", r->c->path, file__why(r->err));
	return r->err;
}

int config__load(const char *path, char *ret_error, size_t size, struct config **ret)
{
	struct config *c = calloc(1, sizeof(*c));
	struct reading r = {.c = c, .error = ret_error, .size = size};
	int bad;

	if (!c || !(c->path = strdup(path))) {
		free(c);
		snprintf(ret_error, size, "%s: %s", path, strerror(ENOMEM));
		return -ENOMEM;
	}
	if (!open_file(&r)) {
		bad = ini_parse_stream(read_line, &r, on_entry, &r);
		if (bad) {
			r.line = bad > 0 ? (unsigned int)bad : r.line;
			fail(&r, bad < 0 ? -ENOMEM : -EINVAL,
			     "wanted is [SECTION], KEY = VALUE or a comment after #");
		}
	}
	if (r.f)
		fclose(r.f);
	if (r.err) {
		config__free(c);
		return r.err;
	}
	*ret = c;
	return 0;
}

void config__free(struct config *c)
{
	size_t i;

	if (!c)
		return;
	for (i = 0; i < c->n; i++) {
		free((char *)c->v[i].section);
		free((char *)c->v[i].key);
		free((char *)c->v[i].value);
	}
	free(c->v);
	free(c->path);
	free(c);
}

const char *config__path(const struct config *c)
{
	return c->path;
}

const struct config_entry *config__next(const struct config *c, const char *section,
					const struct config_entry *after)
{
	size_t i;

	if (!c)
		return NULL;
	for (i = after ? (size_t)(after - c->v) + 1 : 0; i < c->n; i++)
		if (!strcmp(c->v[i].section, section))
			return &c->v[i];
	return NULL;
}

// SPDX-License-Identifier: Apache-2.0
#include "log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/utf8.h"

#define MESSAGE_MAX 2048
#define SAID 256
#define BURST 100  /* messages within */
#define BURST_S 10 /* so many seconds */

/* The log level and what has been said: the program's one exception to "no globals". */
static struct {
	enum log_level level;
	uint64_t said[SAID]; /* hashes, a ring */
	unsigned int n_said;
	/* Of each level its own: what is told in detail must not drown a warning. */
	struct burst {
		time_t began;
		unsigned int n, withheld;
	} burst[LOG_INFO + 1];
} state = {.level = LOG_WARN};

void log__set_level(enum log_level level)
{
	state.level = level;
}

/* Four bytes for each of the message at most: \xNN. */
static void write_line(const char *prefix, const char *message)
{
	char line[4 * MESSAGE_MAX + 64];
	struct span s = span_str(message);
	uint32_t cp = 0;
	size_t n, i, at;

	at = (size_t)snprintf(line, sizeof(line), "%s", prefix);
	while ((n = utf8__next(s, &cp))) {
		for (i = 0; i < n; i++) {
			if (utf8__unsafe(cp) || cp == UTF8_REPLACEMENT)
				at += (size_t)snprintf(line + at, sizeof(line) - at, "\\x%02x",
						       s.p[i]);
			else
				line[at++] = (char)s.p[i];
		}
		s = span_skip(s, n);
	}
	line[at++] = '\n';
	/* Who does not read our errors does not get them. */
	if (write(STDERR_FILENO, line, at) < 0)
		return;
}

static bool said_before(const char *message)
{
	uint64_t h = 0xcbf29ce484222325ULL; /* FNV-1a */
	unsigned int i;

	for (; *message; message++)
		h = (h ^ (uint8_t)*message) * 0x100000001b3ULL;
	for (i = 0; i < SAID && i < state.n_said; i++)
		if (state.said[i] == h)
			return true;
	state.said[state.n_said++ % SAID] = h;
	return false;
}

static bool too_many(enum log_level level)
{
	struct burst *b = &state.burst[level];
	struct timespec now;
	char text[64];

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	if (now.tv_sec - b->began >= BURST_S) {
		if (b->withheld) {
			snprintf(text, sizeof(text), "%u more messages withheld", b->withheld);
			write_line("llmsnoop: ", text);
		}
		b->began = now.tv_sec;
		b->n = b->withheld = 0;
	}
	if (b->n++ < BURST)
		return false;
	b->withheld++;
	return true;
}

static void say(enum log_level level, const char *format, va_list args)
{
	char message[MESSAGE_MAX];

	if (level > state.level)
		return;
	vsnprintf(message, sizeof(message), format, args);
	if (said_before(message) || too_many(level))
		return;
	write_line("llmsnoop: ", message);
}

#define DEFINE(name, level)                \
	void name(const char *format, ...) \
	{                                  \
		va_list args;              \
                                           \
		va_start(args, format);    \
		say(level, format, args);  \
		va_end(args);              \
	}

DEFINE(log__error, LOG_ERROR)
DEFINE(log__warn, LOG_WARN)
DEFINE(log__info, LOG_INFO)

void log__say(const char *format, ...)
{
	char message[MESSAGE_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	write_line("", message);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* log.h: the only place that writes to standard error. One line a message, one write(2) a line,
 * control characters and invalid UTF-8 escaped as \xNN. The same message is said once; a flood of
 * different ones is cut short and counted. For one thread. */
#ifndef LLMSNOOP_LOG_H
#define LLMSNOOP_LOG_H

enum log_level {
	LOG_ERROR,
	LOG_WARN,
	LOG_INFO, /* -v */
};

/* Messages up to that level are written from here on; LOG_WARN at the start. */
void log__set_level(enum log_level level);

/* printf-like, without a line feed at the end. "llmsnoop: " is put in front. */
__attribute__((format(printf, 1, 2))) void log__error(const char *format, ...);
__attribute__((format(printf, 1, 2))) void log__warn(const char *format, ...);
__attribute__((format(printf, 1, 2))) void log__info(const char *format, ...);

/* A line for the user, not a message: nothing in front, always written, every time. */
__attribute__((format(printf, 1, 2))) void log__say(const char *format, ...);

#endif

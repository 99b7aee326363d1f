/* SPDX-License-Identifier: Apache-2.0 */
/* preload.h: files that get their probes before any process maps them, which attaching on sight
 * cannot promise: looking into a large program takes some tenths of a second, and a short-lived one
 * has made its call by then. */
#ifndef LLMSNOOP_PRELOAD_H
#define LLMSNOOP_PRELOAD_H

struct live;

/* Libraries that most programs load, and node. Probes are in place when this returns. */
void preload__libraries(struct live *l);
/* Agents and runtimes that carry their own TLS, where they are usually installed. Large ones are
 * looked into beside what goes on. */
void preload__agents(struct live *l);
/* The program that a command names, found as execvp(3) finds it. In place when this returns. */
void preload__command(struct live *l, const char *name);

#endif

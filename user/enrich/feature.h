/* SPDX-License-Identifier: Apache-2.0 */
/* feature.h: a user's own rules for the features that calls are counted under. A rule is a name and
 * conditions, all of which must hold:
 *
 *	prod-rag = k8s.namespace.name=prod process.command_line=*rag*
 *	{k8s.namespace.name}/{k8s.pod.label.team} = container.runtime.name=containerd
 *	not-mine = user.name!=me "process.command_line=python3 *"
 *
 *	rule       = name "=" condition { " " condition }
 *	condition  = field ( "=" | "!=" ) glob, with quotes around what has spaces: all of it or the
 *	             glob, in which \" is a quote and \\ a backslash
 *
 * Fields are those of llm.call (fields.h), and what records do not say: process.command_line,
 * process.executable.path, process.environment_variable.NAME (of those that are read),
 * container.label.NAME, k8s.pod.label.NAME, k8s.pod.annotation.NAME. Globs are those of glob.h. Of
 * a list, one element must match. A field that is unknown has no value: "=" does not hold then,
 * "!=" does. llmsnoop.feature is what the call would be counted under without rules.
 *
 * In the name, {field} stands for its value; where that is unknown, the rule does not hold. */
#ifndef LLMSNOOP_FEATURE_H
#define LLMSNOOP_FEATURE_H

#include <stddef.h>

#include "call/record.h"

#define FEATURE_RULES_MAX 1024
#define FEATURE_CONDITIONS_MAX 16 /* of one rule */

struct feature_rules;

/* -ENOMEM. */
int feature_rules__new(struct feature_rules **ret);
void feature_rules__free(struct feature_rules *r); /* NULL is fine */

/* Adds a rule behind the others. -EINVAL: ret_error says what is wrong and what would be right (at
 * most size bytes); -E2BIG alike; -ENOMEM. */
int feature_rules__add(struct feature_rules *r, const char *name, const char *conditions,
		       char *ret_error, size_t size);

/* The name that the first rule which holds gives the call; false: none does. r may be NULL. Written
 * to ret, which has FEATURE_MAX + 1 bytes (attribution.h). */
bool feature_rules__name(const struct feature_rules *r, const struct call *c, char *ret);

#endif

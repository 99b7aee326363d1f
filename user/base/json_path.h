/* SPDX-License-Identifier: Apache-2.0 */
/* json_path.h: looking things up in the tree of paths. For json_scan.c alone. */
#ifndef LLMSNOOP_JSON_PATH_H
#define LLMSNOOP_JSON_PATH_H

#include "base/json_find.h"
#include "base/json_scan.h"

/* What stands for the elements of an array, or NULL. */
static inline const struct json_path *json_path__each(const struct json_path *node)
{
	unsigned int i;

	for (i = 0; i < node->n_kids; i++)
		if (!node->kids[i].key)
			return &node->kids[i];
	return NULL;
}

/* What stands for the member of an object with that key, or NULL. */
static inline const struct json_path *json_path__member(const struct json_path *node,
							const uint8_t *key, size_t n)
{
	const struct json_path *k = node->kids, *last = k + node->n_kids;

	for (; k < last; k++)
		if (k->len == n && k->key && json_equal((const uint8_t *)k->key, key, n))
			return k;
	return NULL;
}

/* How deep the tree is; past JSON_NEST_MAX it does not matter how far. */
static inline unsigned int json_path__nesting(const struct json_path *node, unsigned int level)
{
	unsigned int i, deepest = level, d;

	for (i = 0; i < node->n_kids && level <= JSON_NEST_MAX; i++) {
		d = json_path__nesting(&node->kids[i], level + 1);
		deepest = d > deepest ? d : deepest;
	}
	return deepest;
}

#endif

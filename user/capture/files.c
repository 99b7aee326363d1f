// SPDX-License-Identifier: Apache-2.0
#include "capture/files.h"

#include <stdlib.h>

struct file *files__find(const struct files *t, const struct file_key *key)
{
	struct file *f;

	HASH_FIND(node, t->all, key, sizeof(*key), f);
	return f;
}

static void forget_plain(struct files *t)
{
	struct file *f, *next;

	HASH_ITER (node, t->all, f, next)
		if (!f->tls && !f->look)
			files__remove(t, f);
}

struct file *files__add(struct files *t, const struct file_key *key)
{
	struct file *f;
	bool map_oom__ = false;

	if (t->n >= t->limits->files)
		forget_plain(t);
	f = calloc(1, sizeof(*f));
	if (!f)
		return NULL;
	f->key = *key;
	f->watch = -1;
	HASH_ADD(node, t->all, key, sizeof(f->key), f);
	if (map_oom__) {
		free(f);
		return NULL;
	}
	t->n++;
	return f;
}

void files__remove(struct files *t, struct file *f)
{
	struct pid_attachment *a;

	t->n_tls -= f->tls;
	t->n_unlocated -= f->unlocated;
	t->n--;
	HASH_DELETE(node, t->all, f);
	attach__free(f->attachment);
	while ((a = f->pids)) {
		f->pids = a->next;
		attach__free(a->attachment);
		free(a);
	}
	free(f->stacks);
	free(f->path);
	free(f);
}

void file_stamp__set(struct file_stamp *s, const struct stat *st)
{
	s->size = st->st_size;
	s->mtime = st->st_mtim;
}

bool file_stamp__differs(const struct file_stamp *s, const struct stat *st)
{
	return s->size != st->st_size || s->mtime.tv_sec != st->st_mtim.tv_sec ||
	       s->mtime.tv_nsec != st->st_mtim.tv_nsec;
}

bool file__is_replaced(const struct file *f)
{
	struct stat st;

	return f->path && (stat(f->path, &st) || st.st_dev != f->st_dev || st.st_ino != f->key.ino);
}

struct file *files__idlest(const struct files *t, uint64_t scan)
{
	struct file *f, *next, *found = NULL;

	HASH_ITER (node, t->all, f, next)
		if (f->tls && !f->kept && f->scan < scan && (!found || f->used_ns < found->used_ns))
			found = f;
	return found;
}

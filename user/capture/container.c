// SPDX-License-Identifier: Apache-2.0
#include "capture/container.h"

#include "base/utf8.h"

static bool printable(struct span s)
{
	uint32_t cp;
	size_t n, i;

	for (i = 0; i < s.n; i += n) {
		n = utf8__next(span_skip(s, i), &cp);
		if (utf8__unsafe(cp) || cp == UTF8_REPLACEMENT)
			return false;
	}
	return s.n > 0;
}

void container__set(struct container_facts *f, enum container_text which, struct span s)
{
	char *to = f->text[which];

	if (*to || s.n >= sizeof(f->text[which]) || !printable(s))
		return;
	memcpy(to, s.p, s.n);
	to[s.n] = 0;
}

void container__add_label(struct container_facts *f, const char *prefix, struct span key,
			  struct span value)
{
	size_t n = strlen(prefix) + key.n + value.n + 2;

	if (n > CONTAINER_LABEL_MAX || !printable(key) || memchr(key.p, '=', key.n) ||
	    (value.n && !printable(value)) || buf__reserve(&f->labels, n))
		return;
	buf__add(&f->labels, span_str(prefix));
	buf__add(&f->labels, key);
	buf__add(&f->labels, SPAN_LIT("="));
	buf__add(&f->labels, value);
	buf__add(&f->labels, SPAN_LIT("\n"));
}

void container__read(const struct host_root *root, const struct cgroup_facts *ids,
		     struct container_facts *ret)
{
	struct span own = *ids->pod_uid ? ids->pod_container_id : ids->container_id;

	memset(ret, 0, sizeof(*ret));
	buf__init(&ret->labels, CONTAINER_LABELS_MAX);
	if (*ids->pod_uid)
		kubelet__read(root, ids, ret);
	runtime__read(root, own, ret);
}

void container__free(struct container_facts *f)
{
	buf__free(&f->labels);
}

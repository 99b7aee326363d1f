// SPDX-License-Identifier: Apache-2.0
/* Any bytes as the text of /proc/PID/cgroup, as the name of a log and as a file of labels: all that
 * is told is part of what was given, bounded, and printable where it came from a file. */
#include <stdlib.h>
#include <string.h>

#include "capture/container.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void within(struct span part, struct span whole)
{
	if (part.n && (part.p < whole.p || part.p + part.n > whole.p + whole.n))
		abort();
}

static void check_cgroup(struct span text)
{
	struct span path = cgroup__path(text);
	struct cgroup_facts f;

	within(path, text);
	cgroup__facts(path, &f);
	within(f.container_id, path);
	within(f.pod_container_id, path);
	within(f.unit, path);
	within(f.slice, path);
	within(f.session, path);
	if (strlen(f.container_name) > CGROUP_NAME_MAX || strlen(f.pod_uid) > CGROUP_POD_UID_MAX ||
	    memchr(f.container_id.n ? f.container_id.p : (const uint8_t *)"", '/',
		   f.container_id.n))
		abort();
}

static void check_names(struct span text)
{
	struct container_facts f = {0};
	size_t i, at = 0;

	buf__init(&f.labels, CONTAINER_LABELS_MAX);
	if (text.n > 68)
		kubelet__log_name(text, span(text.p + text.n - 68, 64), &f);
	kubelet__labels(text, "k8s.pod.label.", &f);
	for (i = 0; i < f.labels.n; i++) {
		if (f.labels.p[i] != '\n')
			continue;
		if (i + 1 - at > CONTAINER_LABEL_MAX || !memchr(f.labels.p + at, '=', i - at))
			abort();
		at = i + 1;
	}
	if (at != f.labels.n)
		abort();
	for (i = 0; i < N_CONTAINER_TEXTS; i++)
		if (strlen(f.text[i]) >= sizeof(f.text[i]) || strchr(f.text[i], '/'))
			abort();
	container__free(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	check_cgroup(span(data, n));
	check_names(span(data, n));
	return 0;
}

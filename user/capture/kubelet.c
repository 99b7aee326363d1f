// SPDX-License-Identifier: Apache-2.0
#include "capture/container.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define POD_MAX 253 /* a subdomain name, RFC 1123 */
#define LABEL_MAX 63
#define DOWNWARD_MAX (64 << 10) /* bytes of a file of labels or annotations */

/* Names of the API: lower case letters, digits, '-', and between labels '.'. */
static bool is_name(struct span s, size_t max, bool dots)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' &&
		    !(dots && c == '.'))
			return false;
	}
	return s.n > 0 && s.n <= max;
}

/* Takes what stands before the first '_' off s. */
static struct span before_underscore(struct span *s)
{
	ptrdiff_t at = span_find(*s, SPAN_LIT("_"));
	struct span head;

	if (at < 0)
		return SPAN_NONE;
	head = span_head(*s, at);
	*s = span_skip(*s, at + 1);
	return head;
}

bool kubelet__log_name(struct span name, struct span id, struct container_facts *ret)
{
	static const struct span tail = SPAN_LIT(".log");
	struct span pod, namespace;

	if (!id.n || !span_ends(name, tail))
		return false;
	name.n -= tail.n;
	if (!span_ends(name, id))
		return false;
	name.n -= id.n;
	if (!span_ends(name, SPAN_LIT("-")))
		return false;
	name.n--;
	pod = before_underscore(&name);
	namespace = before_underscore(&name);
	if (!is_name(pod, POD_MAX, true) || !is_name(namespace, LABEL_MAX, false) ||
	    !is_name(name, LABEL_MAX, false))
		return false;
	container__set(ret, CONTAINER_POD_NAMESPACE, namespace);
	container__set(ret, CONTAINER_POD_NAME, pod);
	container__set(ret, CONTAINER_POD_CONTAINER, name);
	return true;
}

/* "NAMESPACE_POD_UID", the folder of a pod's logs. */
static bool log_folder(struct span name, struct span uid, struct container_facts *ret)
{
	struct span namespace = before_underscore(&name), pod = before_underscore(&name);

	if (!span_eq(name, uid) || !is_name(pod, POD_MAX, true) ||
	    !is_name(namespace, LABEL_MAX, false))
		return false;
	container__set(ret, CONTAINER_POD_NAMESPACE, namespace);
	container__set(ret, CONTAINER_POD_NAME, pod);
	return true;
}

static DIR *open_folder(int fd)
{
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir && fd >= 0)
		close(fd);
	return dir;
}

/* Looks for the name that take knows what to do with. */
static void look(const struct host_root *root, const char *path, struct span of,
		 bool (*take)(struct span name, struct span of, struct container_facts *ret),
		 struct container_facts *ret)
{
	DIR *dir = open_folder(host_root__file(root, path, O_DIRECTORY));
	const struct dirent *d;
	int n = 0;

	while (dir && n++ < CONTAINER_LOGS_MAX && (d = readdir(dir)))
		if (take(span_str(d->d_name), of, ret))
			break;
	if (dir)
		closedir(dir);
}

/* ---- labels ---- */

/* A text in Go's quotes; text begins behind the first. Returns what follows the closing quote, p
 * NULL: there is none. What had to be escaped otherwise than by itself is not printable. */
static struct span unquote(struct span text, char *ret, size_t *ret_n, bool *ret_plain)
{
	size_t i;

	*ret_n = 0;
	*ret_plain = true;
	for (i = 0; i < text.n && text.p[i] != '\n'; i++) {
		uint8_t c = text.p[i];

		if (c == '"')
			return span(text.p + i + 1, text.n - i - 1);
		if (c == '\\') {
			if (++i == text.n)
				break;
			c = text.p[i];
			*ret_plain &= c == '"' || c == '\\';
		}
		if (*ret_n < CONTAINER_LABEL_MAX)
			ret[(*ret_n)++] = (char)c;
		else
			*ret_plain = false;
	}
	return SPAN_NONE;
}

void kubelet__labels(struct span text, const char *prefix, struct container_facts *ret)
{
	char value[CONTAINER_LABEL_MAX];
	struct span key, rest;
	ptrdiff_t at;
	size_t n;
	bool plain;

	while ((at = span_find(text, SPAN_LIT("=\""))) >= 0) {
		key = span_head(text, at);
		rest = unquote(span_skip(text, at + 2), value, &n, &plain);
		if (!rest.p)
			return;
		if (plain)
			container__add_label(ret, prefix, key, span(value, n));
		if (rest.n && *rest.p != '\n')
			return;
		text = span_skip(rest, 1);
	}
}

static void read_volume(int dir, struct container_facts *ret)
{
	static const struct {
		const char *name, *prefix;
	} files[] = {
		{"labels", "k8s.pod.label."},
		{"annotations", "k8s.pod.annotation."},
	};
	size_t i, n;
	char *text;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		text = host_root__text_below(dir, files[i].name, DOWNWARD_MAX, &n);
		if (text)
			kubelet__labels(span(text, n), files[i].prefix, ret);
		free(text);
	}
}

/* The downward API's files, where a pod has them mounted: below a folder of volumes by name. */
static void read_volumes(const struct host_root *root, const char *uid, const char *kind,
			 struct container_facts *ret)
{
	const struct dirent *d;
	char path[512];
	int n = 0, fd;
	DIR *dir;

	snprintf(path, sizeof(path), "/var/lib/kubelet/pods/%s/volumes/kubernetes.io~%s", uid,
		 kind);
	dir = open_folder(host_root__file(root, path, O_DIRECTORY));
	while (dir && !ret->labels.n && n++ < CONTAINER_VOLUMES_MAX && (d = readdir(dir))) {
		if (d->d_name[0] == '.')
			continue;
		fd = openat(dirfd(dir), d->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			continue;
		read_volume(fd, ret);
		close(fd);
	}
	if (dir)
		closedir(dir);
}

void kubelet__read(const struct host_root *root, const struct cgroup_facts *ids,
		   struct container_facts *ret)
{
	const struct span uid = span_str(ids->pod_uid);

	look(root, "/var/log/containers", ids->pod_container_id, kubelet__log_name, ret);
	/* it is there before the container runs; the link above is not */
	if (!*ret->text[CONTAINER_POD_NAME])
		look(root, "/var/log/pods", uid, log_folder, ret);
	read_volumes(root, ids->pod_uid, "downward-api", ret);
	if (!ret->labels.n)
		read_volumes(root, ids->pod_uid, "projected", ret);
}

// SPDX-License-Identifier: Apache-2.0
#include "capture/container.h"

#include <stdio.h>
#include <stdlib.h>

#include <cjson/cJSON.h>

static struct span text_of(const cJSON *v)
{
	return cJSON_IsString(v) ? span_str(v->valuestring) : SPAN_NONE;
}

static const cJSON *member(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

/* Docker's own description of a container. */
static void read_docker(const cJSON *doc, struct span id, struct container_facts *ret)
{
	const cJSON *config = member(doc, "Config"), *label;
	struct span name = text_of(member(doc, "Name"));

	container__set(ret, CONTAINER_NAME, span_skip(name, span_starts(name, SPAN_LIT("/"))));
	container__set(ret, CONTAINER_IMAGE, text_of(member(config, "Image")));
	cJSON_ArrayForEach(label, member(config, "Labels")) container__add_label(
		ret, "container.label.", span_str(label->string), text_of(label));
}

/* Annotations of the OCI runtime's configuration: containerd's CRI plugin, CRI-O, nerdctl. */
static void read_oci(const cJSON *doc, struct span id, struct container_facts *ret)
{
	static const struct {
		const char *key;
		enum container_text which;
	} known[] = {
		{"io.kubernetes.cri.container-name", CONTAINER_POD_CONTAINER},
		{"io.kubernetes.cri.sandbox-name", CONTAINER_POD_NAME},
		{"io.kubernetes.cri.sandbox-namespace", CONTAINER_POD_NAMESPACE},
		{"io.kubernetes.cri.image-name", CONTAINER_IMAGE},
		{"io.kubernetes.container.name", CONTAINER_POD_CONTAINER},
		{"io.kubernetes.pod.name", CONTAINER_POD_NAME},
		{"io.kubernetes.pod.namespace", CONTAINER_POD_NAMESPACE},
		{"io.kubernetes.cri-o.ImageName", CONTAINER_IMAGE},
		{"nerdctl/name", CONTAINER_NAME},
	};
	const cJSON *annotations = member(doc, "annotations");
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		container__set(ret, known[i].which, text_of(member(annotations, known[i].key)));
}

/* The list of containers that podman and CRI-O share (containers/storage). */
static void read_storage(const cJSON *doc, struct span id, struct container_facts *ret)
{
	const cJSON *c, *about = NULL;
	cJSON *metadata;

	cJSON_ArrayForEach(c, doc)
	{
		if (span_eq(text_of(member(c, "id")), id))
			about = c;
	}
	if (!about)
		return;
	container__set(ret, CONTAINER_NAME, text_of(cJSON_GetArrayItem(member(about, "names"), 0)));
	metadata = cJSON_Parse(cJSON_GetStringValue(member(about, "metadata")));
	container__set(ret, CONTAINER_IMAGE, text_of(member(metadata, "image-name")));
	cJSON_Delete(metadata);
}

#define CONTAINERD(run, space) \
	"/run/" run "/io.containerd.runtime.v2.task/" space "/", "/config.json"

static const struct source {
	const char *before,
		*after; /* the container's id in a path; after NULL: there is none in it */
	void (*read)(const cJSON *doc, struct span id, struct container_facts *ret);
} sources[] = {
	{"/var/lib/docker/containers/", "/config.v2.json", read_docker},
	{CONTAINERD("containerd", "k8s.io"), read_oci},
	{CONTAINERD("k3s/containerd", "k8s.io"), read_oci},
	{CONTAINERD("containerd", "default"), read_oci},
	{"/run/containers/storage/overlay-containers/", "/userdata/config.json", read_oci},
	{"/var/lib/containers/storage/overlay-containers/containers.json", NULL, read_storage},
};

/* Ids become part of paths. */
static bool is_id(struct span id)
{
	size_t i;

	for (i = 0; i < id.n; i++)
		if (!(id.p[i] >= '0' && id.p[i] <= '9') && !(id.p[i] >= 'a' && id.p[i] <= 'f'))
			return false;
	return id.n == 64;
}

void runtime__read(const struct host_root *root, struct span id, struct container_facts *ret)
{
	char path[256], hex[65];
	size_t i, n;
	char *text;
	cJSON *doc;

	if (!is_id(id))
		return;
	memcpy(hex, id.p, id.n);
	hex[id.n] = 0;
	for (i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		const struct source *s = &sources[i];

		snprintf(path, sizeof(path), "%s%s%s", s->before, s->after ? hex : "",
			 s->after ? s->after : "");
		text = host_root__text(root, path, CONTAINER_FILE_MAX, &n);
		doc = text ? cJSON_ParseWithLength(text, n) : NULL;
		free(text);
		if (doc)
			s->read(doc, id, ret);
		cJSON_Delete(doc);
	}
}

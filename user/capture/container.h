/* SPDX-License-Identifier: Apache-2.0 */
/* container.h: what files of the host say about a container that is known by its ids: no API
 * server, no socket of a runtime. They are written by root, but names and labels in them are chosen
 * by whoever starts containers: all is bounded, and what is not as it should be is not there. */
#ifndef LLMSNOOP_CONTAINER_H
#define LLMSNOOP_CONTAINER_H

#include "base/buf.h"
#include "capture/cgroup.h"
#include "capture/host_root.h"

#define CONTAINER_LOGS_MAX 16384       /* names of /var/log/containers that are looked at */
#define CONTAINER_VOLUMES_MAX 64       /* of a pod that are looked into for its labels */
#define CONTAINER_FILE_MAX (4 << 20)   /* bytes of a runtime's description of a container */
#define CONTAINER_LABELS_MAX (8 << 10) /* bytes of all labels and annotations that are kept */
#define CONTAINER_LABEL_MAX 512	       /* bytes of one, its name included */

enum container_text {
	CONTAINER_NAME,
	CONTAINER_IMAGE,
	CONTAINER_POD_NAMESPACE,
	CONTAINER_POD_NAME,
	CONTAINER_POD_CONTAINER,
	N_CONTAINER_TEXTS,
};

struct container_facts {
	char text[N_CONTAINER_TEXTS][256]; /* "": unknown */
	/* "container.label.KEY=value\n", "k8s.pod.label.KEY=value\n", "k8s.pod.annotation.…" */
	struct buf labels;
};

/* Reads what is known. To be ended with container__free. */
void container__read(const struct host_root *root, const struct cgroup_facts *ids,
		     struct container_facts *ret);
void container__free(struct container_facts *f);

/* ---- its parts, for containers.c's neighbours and tests ---- */

/* Sets a text that is not known yet, if s is printable and not too long. */
void container__set(struct container_facts *f, enum container_text which, struct span s);
/* Adds a label under a prefix ("k8s.pod.label."), if both are printable and short enough. */
void container__add_label(struct container_facts *f, const char *prefix, struct span key,
			  struct span value);

/* Names of a log, "POD_NAMESPACE_CONTAINER-ID.log": what the kubelet calls the links in
 * /var/log/containers (pkg/kubelet/kuberuntime/legacy.go). False: it is not that of id. */
bool kubelet__log_name(struct span name, struct span id, struct container_facts *ret);
/* Labels or annotations as the downward API writes them: KEY="value", escaped as Go's %q does. */
void kubelet__labels(struct span text, const char *prefix, struct container_facts *ret);
/* Namespace, pod and container, by the kubelet's folders of logs and volumes. */
void kubelet__read(const struct host_root *root, const struct cgroup_facts *ids,
		   struct container_facts *ret);

/* Name, image and labels, by what docker, podman, containerd and CRI-O keep of a container. */
void runtime__read(const struct host_root *root, struct span id, struct container_facts *ret);

#endif

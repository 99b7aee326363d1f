/* SPDX-License-Identifier: Apache-2.0 */
/* attribution.h: by what name a process is known: its service, as the OpenTelemetry conventions
 * derive it, and the feature that its calls are counted under. Of each, the first rule that finds a
 * name wins. */
#ifndef LLMSNOOP_ATTRIBUTION_H
#define LLMSNOOP_ATTRIBUTION_H

#include "call/record.h"

#define ATTRIBUTION_TEXT_MAX 256
#define FEATURE_MAX 128 /* bytes of a feature's name */

/* "": not known. */
struct attribution {
	char service[ATTRIBUTION_TEXT_MAX];
	char service_namespace[ATTRIBUTION_TEXT_MAX];
	char service_instance[3 * ATTRIBUTION_TEXT_MAX];
	char workload[ATTRIBUTION_TEXT_MAX];
	char owners[N_POD_OWNERS][ATTRIBUTION_TEXT_MAX];
	char feature[ATTRIBUTION_TEXT_MAX];
};

/* Reads all other members of w.
 *
 * service: OTEL_SERVICE_NAME; service.name of OTEL_RESOURCE_ATTRIBUTES; in a pod what
 * non-normative/k8s-attributes.md of the conventions says (annotation, labels, workload, pod); the
 * systemd service; the container's name; the script or program.
 *
 * feature: LLMSNOOP_FEATURE; the same two variables; the pod's namespace/workload; the systemd
 * service; the container's name; the script or program. What a user runs in a session of their
 * own has their name in front: "me/claude". */
void attribution__of(const struct who *w, struct attribution *ret);

#endif

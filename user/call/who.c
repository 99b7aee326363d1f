// SPDX-License-Identifier: Apache-2.0
#include "call/who.h"

#include <stddef.h>

#define AT(member) offsetof(struct who, member)

static const size_t texts[] = {
	AT(comm),
	AT(exe),
	AT(cmdline),
	AT(cgroup),
	AT(user),
	AT(unit),
	AT(slice),
	AT(session),
	AT(container_id),
	AT(container_runtime),
	AT(container_name),
	AT(container_image),
	AT(pod_uid),
	AT(pod_namespace),
	AT(pod_name),
	AT(pod_container),
	AT(owners[OWNER_DEPLOYMENT]),
	AT(owners[OWNER_REPLICASET]),
	AT(owners[OWNER_STATEFULSET]),
	AT(owners[OWNER_DAEMONSET]),
	AT(owners[OWNER_CRONJOB]),
	AT(owners[OWNER_JOB]),
	AT(workload),
	AT(service),
	AT(service_namespace),
	AT(service_instance),
	AT(feature),
};

/* Long, and of use to rules alone, which have had their say. */
#define N_LEFT_OUT 2 /* env, labels */

#define N_TEXTS (sizeof(texts) / sizeof(texts[0]))

/* A new text must be in the table. */
_Static_assert(sizeof(struct who) == 2 * sizeof(uint32_t) + (N_TEXTS + N_LEFT_OUT) * sizeof(char *),
	       "who__copy knows all members");

bool who__copy(struct who *to, const struct who *from, struct arena *a)
{
	bool whole = true;
	size_t i;

	*to = *from;
	to->env = to->labels = NULL;
	for (i = 0; i < N_TEXTS; i++) {
		const char **text = (const char **)(void *)((char *)to + texts[i]);

		if (!*text)
			continue;
		*text = arena__string(a, span_str(*text));
		whole &= *text != NULL;
	}
	return whole;
}

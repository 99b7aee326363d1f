/* SPDX-License-Identifier: Apache-2.0 */
/* field_rows.h: the rows that tables of fields are made of. STRUCT is the record's struct. */
#ifndef LLMSNOOP_FIELD_ROWS_H
#define LLMSNOOP_FIELD_ROWS_H

#include "call/field_get.h"

#define ROW(name, part, kind, get, at)                   \
	{                                                \
		name, PART_##part, VALUE_##kind, get, at \
	}
#define AT(member) offsetof(struct STRUCT, member)
#define MADE(name, kind, get) ROW(name, FACT, kind, get, 0)
#define GET(name, kind, get, member) ROW(name, FACT, kind, get, AT(member))
#define TEXT(name, member) GET(name, TEXT, get_text, member)
#define COUNT(name, member) GET(name, INT, get_count, member)
#define SMALL(name, member) GET(name, INT, get_small, member)
#define UINT(name, member) GET(name, UINT, get_uint, member)
#define REAL(name, member) GET(name, REAL, get_real, member)
#define BOOL(name, member) GET(name, BOOL, get_bool, member)
#define IF_TRUE(name, member) GET(name, BOOL, get_if_true, member)
#define NANO(name, member) GET(name, NANO, get_nano, member)

/* What every record begins with: the rows of its ids lie between its time and its name. */
#define BEGINNING(type)                                                                       \
	ROW("v", RECORD, UINT, get_version, 0), ROW("type", RECORD, TEXT, type_of_##type, 0), \
		ROW("time", RECORD, TIME, get_time, AT(time_ns))

#define SPAN(type)                                                              \
	ROW("trace_id", RECORD, ID, get_id16, AT(trace_id)),                    \
		ROW("span_id", RECORD, ID, get_id8, AT(span_id)),               \
		ROW("parent_span_id", RECORD, ID, get_id8, AT(parent_span_id)), \
		ROW("name", RECORD, TEXT, name_of_##type, 0),                   \
		ROW("duration_s", RECORD, NANO, get_nano, AT(duration_ns)),     \
		ROW("gen_ai.operation.name", FACT, TEXT, operation_of_##type, 0)

#define OF_WHO(name, kind, get, member) ROW(name, WHO, kind, get, AT(who.member))
#define WHO                                                                                       \
	OF_WHO("process.pid", UINT, get_uint32, pid),                                             \
		OF_WHO("process.executable.name", TEXT, get_basename, exe),                       \
		OF_WHO("process.linux.cgroup", TEXT, get_text, cgroup),                           \
		OF_WHO("user.id", TEXT, get_uid, uid), OF_WHO("user.name", TEXT, get_text, user), \
		OF_WHO("container.id", TEXT, get_text, container_id),                             \
		OF_WHO("container.name", TEXT, get_text, container_name),                         \
		OF_WHO("container.runtime.name", TEXT, get_text, container_runtime),              \
		OF_WHO("container.image.name", TEXT, get_text, container_image),                  \
		OF_WHO("k8s.namespace.name", TEXT, get_text, pod_namespace),                      \
		OF_WHO("k8s.pod.name", TEXT, get_text, pod_name),                                 \
		OF_WHO("k8s.pod.uid", TEXT, get_text, pod_uid),                                   \
		OF_WHO("k8s.container.name", TEXT, get_text, pod_container),                      \
		OF_WHO("k8s.deployment.name", TEXT, get_text, owners[OWNER_DEPLOYMENT]),          \
		OF_WHO("k8s.replicaset.name", TEXT, get_text, owners[OWNER_REPLICASET]),          \
		OF_WHO("k8s.statefulset.name", TEXT, get_text, owners[OWNER_STATEFULSET]),        \
		OF_WHO("k8s.daemonset.name", TEXT, get_text, owners[OWNER_DAEMONSET]),            \
		OF_WHO("k8s.cronjob.name", TEXT, get_text, owners[OWNER_CRONJOB]),                \
		OF_WHO("k8s.job.name", TEXT, get_text, owners[OWNER_JOB]),                        \
		OF_WHO("service.name", TEXT, get_text, service),                                  \
		OF_WHO("service.namespace", TEXT, get_text, service_namespace),                   \
		OF_WHO("service.instance.id", TEXT, get_text, service_instance),                  \
		OF_WHO("llmsnoop.comm", TEXT, get_text, comm),                                    \
		OF_WHO("llmsnoop.unit", TEXT, get_text, unit),                                    \
		OF_WHO("llmsnoop.slice", TEXT, get_text, slice),                                  \
		OF_WHO("llmsnoop.session", TEXT, get_text, session),                              \
		OF_WHO("llmsnoop.workload", TEXT, get_text, workload),                            \
		OF_WHO("llmsnoop.feature", TEXT, get_text, feature)

#define TABLE(of, rows) const struct fields of = {rows, sizeof(rows) / sizeof(rows[0])}

#endif

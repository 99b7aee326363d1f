// SPDX-License-Identifier: Apache-2.0
#include "call/field_rows.h"

static bool type_of_stats(const void *r, size_t at, struct value *ret)
{
	return value__text(ret, "stats");
}

static bool cost_of_stats(const void *r, size_t at, struct value *ret)
{
	return ((const struct stats *)r)->priced && get_nano(r, at, ret);
}

static bool if_known(const void *r, size_t at, struct value *ret)
{
	return get_time(r, at, ret) && ret->u;
}

static bool unseen(const void *r, size_t at, struct value *ret)
{
	const struct stats *st = r;

	ret->unseen = st->unseen;
	ret->n = st->n_unseen;
	return ret->n > 0;
}

static bool if_exporting(const void *r, size_t at, struct value *ret)
{
	return ((const struct stats *)r)->exporting && get_uint(r, at, ret);
}

#define STRUCT stats
#define EXPORT(name, member) GET("export." name, UINT, if_exporting, member)

static const struct field stats_rows[] = {
	BEGINNING(stats),
	GET("started", TIME, if_known, started_ns),
	UINT("calls", calls),
	UINT("errors", errors),
	UINT("truncated", truncated),
	UINT("served", served),
	UINT("fetched", fetched),
	UINT("tool_calls", tool_calls),
	UINT("tool_errors", tool_errors),
	UINT("runs", runs),
	UINT("runs_superseded", superseded),
	UINT("refused", refused),
	UINT("unwritten", unwritten),
	UINT("input_tokens", input_tokens),
	UINT("output_tokens", output_tokens),
	UINT("estimated", estimated),
	GET("cost_usd", NANO, cost_of_stats, cost_nusd),
	UINT("unpriced", unpriced),
	UINT("lost_records", lost_records),
	UINT("lost_bytes", lost_bytes),
	UINT("gaps", gaps),
	UINT("missed_calls", missed_calls),
	UINT("no_entry", no_entry),
	UINT("late", late),
	UINT("midstream", midstream),
	UINT("quiet_calls", quiet_calls),
	UINT("copied_bytes", copied_bytes),
	UINT("bytes", bytes),
	UINT("connections", connections),
	UINT("open_connections", open_connections),
	UINT("open_calls", open_calls),
	UINT("processes", processes),
	UINT("targets", targets),
	UINT("unlocated.files", unlocated_files),
	UINT("unlocated.processes", unlocated_processes),
	UINT("undecoded.upgrades", undecoded_upgrades),
	UINT("undecoded.neither", neither),
	MADE("unseen", UNSEEN, unseen),
	UINT("parse_errors", parse_errors),
	EXPORT("sent", export_sent),
	EXPORT("waiting", export_waiting),
	EXPORT("failures", export_failures),
	EXPORT("dropped.queue_full", export_dropped[EXPORT_DROP_QUEUE_FULL]),
	EXPORT("dropped.too_large", export_dropped[EXPORT_DROP_TOO_LARGE]),
	EXPORT("dropped.rejected", export_dropped[EXPORT_DROP_REJECTED]),
	EXPORT("dropped.http_3xx", export_dropped[EXPORT_DROP_HTTP_3XX]),
	EXPORT("dropped.http_4xx", export_dropped[EXPORT_DROP_HTTP_4XX]),
	EXPORT("dropped.http_5xx", export_dropped[EXPORT_DROP_HTTP_5XX]),
	EXPORT("dropped.bad_answer", export_dropped[EXPORT_DROP_BAD_ANSWER]),
	EXPORT("dropped.timeout_at_exit", export_dropped[EXPORT_DROP_AT_EXIT]),
	EXPORT("dropped.no_memory", export_dropped[EXPORT_DROP_NO_MEMORY]),
};
TABLE(stats_fields, stats_rows);

/* SPDX-License-Identifier: Apache-2.0 */
/* record.h: the record of one call. Plain data without behaviour; sinks read it, nobody else
 * formats it. Integers are -1, reals NAN and strings NULL where the fact is unknown. */
#ifndef LLMSNOOP_RECORD_H
#define LLMSNOOP_RECORD_H

#include <stdbool.h>
#include <stdint.h>

enum call_role {
	ROLE_CLIENT,
	ROLE_SERVER,
};

enum call_kind {
	CALL_MODEL, /* llm.call */
	CALL_FETCH, /* llm.call: the answer of an earlier call, read later */
	CALL_TOOL,  /* mcp.call */
};

/* Parts of a sum of tokens. */
struct call_parts {
	int64_t text, image, audio;
};

/* What a provider counts against a limit. */
enum ratelimit_of {
	RATELIMIT_REQUESTS, /* for whatever time the provider chose: mostly a minute */
	RATELIMIT_TOKENS,
	RATELIMIT_INPUT_TOKENS,
	RATELIMIT_OUTPUT_TOKENS,
	RATELIMIT_REQUESTS_HOUR,
	RATELIMIT_TOKENS_HOUR,
	RATELIMIT_REQUESTS_DAY,
	RATELIMIT_TOKENS_DAY,
	RATELIMIT_REQUESTS_MONTH,
	RATELIMIT_TOKENS_MONTH,
	N_RATELIMITS,
};

struct ratelimit {
	int64_t limit, remaining;
	double reset_s; /* from the answer on */
};

/* Windows of a subscription. */
enum ratelimit_window_of {
	WINDOW_5H, /* Anthropic */
	WINDOW_7D,
	WINDOW_PRIMARY, /* Codex */
	WINDOW_SECONDARY,
	N_WINDOWS,
};

struct ratelimit_window {
	double used; /* 0 to 1 */
	double reset_s;
	int64_t minutes; /* its length */
};

struct call_tool {
	const char *id; /* NULL: the API has none */
	const char *name;
	uint64_t arguments; /* hash of them, for comparisons within a run; 0: unknown */
};

/* The gaps between a stream's events with output, counted by the upper bounds 10 ms, 20 ms, 40 ms …
 * 81.92 s (the buckets of the OpenTelemetry conventions). */
#define CALL_GAP_BUCKETS 15
struct call_gaps {
	uint64_t n, sum_ns, min_ns, max_ns; /* n > 0 */
	uint64_t buckets[CALL_GAP_BUCKETS]; /* the last is above all bounds */
};

/* What makes pods. */
enum pod_owner {
	OWNER_DEPLOYMENT,
	OWNER_REPLICASET,
	OWNER_STATEFULSET,
	OWNER_DAEMONSET,
	OWNER_CRONJOB,
	OWNER_JOB,
	N_POD_OWNERS,
};

/* Whose it is. Texts are chosen by the traced side and by those who start containers. */
struct who {
	uint32_t pid, uid; /* uid UINT32_MAX: unknown */
	const char *comm, *exe, *cmdline, *cgroup;
	const char *user;		    /* the name of uid */
	const char *unit, *slice, *session; /* systemd's */
	const char *container_id, *container_runtime, *container_name, *container_image;
	const char *pod_uid, *pod_namespace, *pod_name, *pod_container;
	const char *owners[N_POD_OWNERS];
	const char *workload; /* what the pod is one of, of whatever kind */
	const char *service, *service_namespace, *service_instance;
	const char *feature;
	/* For rules alone: "NAME=value\n" of a few variables, and of labels (capture.h). */
	const char *env, *labels;
};

/* What masks hide. */
enum secret {
	SECRET_EMAIL,
	SECRET_CARD,
	SECRET_IBAN,
	SECRET_PHONE,
	SECRET_KEY,
	SECRET_JWT,
	SECRET_PEM,
	SECRET_IP,
	SECRET_SSN,
	SECRET_CUSTOM, /* rules of users */
	N_SECRETS,
};

extern const char *const secret_names[N_SECRETS]; /* "email", … */

/* What was said, as JSON texts in the shapes of the OpenTelemetry GenAI conventions (their
 * schemas gen-ai-input-messages, -output-messages, -system-instructions, -tool-definitions), masks
 * applied. NULL: there is none. */
struct content {
	const char *system_instructions, *input_messages, *output_messages, *tool_definitions;
	const char *tool_arguments, *tool_result; /* of a call of a tool (MCP) */
	bool cut;	     /* something of it is missing: a limit, a loss, a preview */
	const char *sampled; /* with --sample: why it is here, "run", "error", "slow"; or "no": then
				nothing else is. NULL: all is kept. */
	uint32_t secrets[N_SECRETS]; /* how often masks found something */
};

/* Does the application record the trace? Out of the request's traceparent. */
enum sampled {
	SAMPLED_UNSAID,
	SAMPLED_YES,
	SAMPLED_NO,
};

struct call {
	/* when: CLOCK_REALTIME of the first request byte, and what passed since then */
	uint64_t time_ns;
	uint64_t duration_ns;
	int64_t ttfc_ns;				     /* first body bytes of the answer */
	int64_t ttft_ns;				     /* first event with model output */
	int64_t ttlt_ns;				     /* last event with model output */
	int64_t itl_p50_ns, itl_p99_ns;			     /* between events with output */
	int64_t chunks;					     /* events with model output */
	const struct call_gaps *gaps;			     /* NULL: fewer than two of them */
	uint8_t trace_id[16], span_id[8], parent_span_id[8]; /* all zero: none */
	enum sampled sampled;

	/* what */
	enum call_kind kind;
	enum call_role role;
	bool beside; /* a server's, where clients' are asked for too: in no total, lest a gateway's
		      * own call doubles the one that it passes on */
	const char *api, *operation, *provider;
	const char *request_model, *response_model, *response_id, *conversation_id;
	const char *previous_response_id;
	int stream; /* 1: asked for, 0: asked not to, -1: unsaid */
	bool streamed;
	int64_t max_tokens, top_k, seed, choices;
	double temperature, top_p, frequency_penalty, presence_penalty;
	const char *const *stop_sequences;
	unsigned int n_stop_sequences;
	const char *reasoning_level, *output_type, *service_tier, *request_service_tier;
	const char *system_fingerprint;
	int64_t dimensions;
	const char *const *encoding_formats;
	unsigned int n_encoding_formats;
	bool compacted; /* the provider shortened the conversation */
	bool opaque;	/* a call of a model that cannot be read */
	const char *mcp_method, *mcp_tool, *mcp_resource, *mcp_request_id, *mcp_session_id;
	const char *mcp_protocol;

	/* how much */
	int64_t input_tokens, output_tokens;	/* cached and reasoning included */
	bool input_estimated, output_estimated; /* not told by the provider: see estimate.h */
	int64_t cache_read_tokens, cache_write_tokens, reasoning_tokens;
	struct call_parts input_parts, cache_read_parts, output_parts;
	int64_t cache_write_5m_tokens, cache_write_1h_tokens, tool_use_tokens;
	int64_t total_tokens;	/* where that is all that the provider says */
	int64_t counted_tokens; /* counted on request, not used */
	int64_t web_searches, search_units, batch_requests;
	const char *speed;	    /* how fast it was made, for more money: "fast", "standard" */
	const char *search_context; /* how much is read of what searches find: "low", … */
	double audio_seconds;
	int64_t cost_nusd;	 /* nano-dollars */
	const char *cost_source; /* "provider", "list:…" */
	bool cost_estimated;	 /* of tokens that the provider did not tell, or not all of them */

	/* how it ended */
	const char *block_reason; /* the prompt was not answered */
	const char *const *finish_reasons;
	unsigned int n_finish_reasons;
	const struct call_tool *tool_calls;
	unsigned int n_tool_calls;
	const char *const *tool_results; /* ids of tool calls whose results this request brought */
	unsigned int n_tool_results;
	bool tool_results_cut;	/* only the latest are kept */
	int status;		/* HTTP; -1: no answer */
	const char *error_type; /* NULL exactly when the call did not fail */
	bool done;		/* the stream's own end was seen */
	bool pending;		/* the answer is in the making, to be fetched later */

	/* where */
	const char *method, *path, *server_address;
	int server_port;	  /* -1 */
	const char *peer_address; /* of the other end of the socket; a server's client */
	int peer_port;		  /* -1 */
	int http_version;	  /* 10, 11, 20 */
	const char *tls;	  /* "openssl", …; NULL: unknown */
	const char *request_id, *organization, *project, *deployment, *region;
	const char *served_model, *upstream; /* what a gateway says it passed the call on to */
	int64_t processing_ms;
	double server_ttft_s; /* as the server measured it */
	double retry_after_s;
	int64_t attempt;     /* 1: first */
	uint8_t retry_of[8]; /* span of the first attempt; all zero: this is it, or it is unknown */
	struct ratelimit ratelimits[N_RATELIMITS];
	struct ratelimit_window windows[N_WINDOWS];
	const char *ratelimit_status; /* of a subscription: "allowed", "rejected", … */
	uint64_t key_fp;	      /* 0: none */
	const char *user_agent;

	struct who who;
	const struct content *content; /* NULL: none is wanted, or none is known */

	/* how sure */
	bool truncated;	     /* some fact may be missing: a limit, a loss or a broken body */
	bool midstream;	     /* the connection's start was not seen */
	uint64_t lost_bytes; /* of this call's two messages, as far as it is known */
	uint64_t request_bytes, response_bytes; /* decoded bodies */
};

/* A call of which nothing is known. */
extern const struct call call_unknown;

/* Connections to a model provider that cannot be seen into. */
struct unseen {
	const char *protocol; /* "quic", "tls" */
	const char *library;  /* what does TLS there, for people; NULL: not known */
	const char *host;     /* "": others than could be kept */
	uint64_t connections;
};

/* Why items (spans, data points, log records) were not delivered to a collector. */
enum export_drop {
	EXPORT_DROP_QUEUE_FULL, /* too much waits already */
	EXPORT_DROP_TOO_LARGE,	/* one batch is larger than a request or the queue may be */
	EXPORT_DROP_REJECTED,	/* partial success: the collector took the rest */
	EXPORT_DROP_HTTP_3XX,	/* redirects are not followed */
	EXPORT_DROP_HTTP_4XX,
	EXPORT_DROP_HTTP_5XX,	/* but for 502, 503 and 504, which are tried again */
	EXPORT_DROP_BAD_ANSWER, /* larger than is read of one */
	EXPORT_DROP_AT_EXIT,	/* not sent in the time that was left */
	EXPORT_DROP_NO_MEMORY,
	N_EXPORT_DROPS,
};

/* "queue_full", … */
extern const char *const export_drop_names[N_EXPORT_DROPS];

/* How many there are of one kind. */
struct counted {
	const char *name;
	uint64_t n;
};

/* Totals over the run: printed at its end, and each minute as a `stats` record. */
struct stats {
	uint64_t time_ns;    /* CLOCK_REALTIME */
	uint64_t started_ns; /* the same, of when the count began; 0: unknown */
	uint64_t calls, errors,
		truncated; /* client records; server ones where only those are asked */
	uint64_t served;   /* server records beside client ones */
	uint64_t fetched;  /* answers fetched later: their tokens are counted, they are no calls */
	uint64_t tool_calls, tool_errors; /* of mcp.call records */
	uint64_t runs;			  /* of agents, that have ended */
	uint64_t superseded;		  /* of them, ended since too many were open */
	uint64_t refused;		  /* calls not followed: too many were open, or no memory */
	uint64_t unwritten;		  /* records that a sink could not take */
	uint64_t input_tokens, output_tokens;
	uint64_t estimated; /* calls whose tokens are estimates, all or some */
	int64_t cost_nusd;  /* nano-dollars */
	uint64_t priced;    /* calls whose cost is known: cost_nusd is their sum */
	uint64_t unpriced;  /* calls with tokens but no price */
	/* capture */
	uint64_t lost_records, lost_bytes, gaps, midstream, quiet_calls, copied_bytes, bytes;
	uint64_t missed_calls; /* TLS calls that were seen but not understood: no room to remember
				* their entry, or not what they were taken for */
	uint64_t no_entry;     /* returns of SSL calls whose entry was not seen */
	uint64_t late;	       /* processes that may have spoken before their probes were there */
	uint64_t connections, open_connections, open_calls, processes, targets;
	uint64_t unlocated_files, unlocated_processes; /* TLS whose functions were not found */
	/* seen but not decoded */
	const struct unseen *unseen;
	unsigned int n_unseen;
	uint64_t undecoded_upgrades, neither, parse_errors;
	/* of parse_errors by protocol, of targets by what does TLS there (a file may have several);
	 * always the same names in the same order */
	const struct counted *parse_errors_of, *targets_of;
	unsigned int n_parse_errors_of, n_targets_of;
	/* export by OTLP, in items */
	bool exporting;
	uint64_t export_sent, export_waiting;
	uint64_t export_failures; /* attempts that failed, also where they were tried again */
	uint64_t export_dropped[N_EXPORT_DROPS];
};

#endif

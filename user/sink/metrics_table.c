// SPDX-License-Identifier: Apache-2.0
/* Names, units, bounds and labels of gen_ai.* and mcp.*: OpenTelemetry GenAI conventions, metrics,
 * v1.41 and as of November 2026. */
#include "sink/metrics_table.h"

const char *const metric_label_names[N_METRIC_LABELS] = {
	[LABEL_SERVICE] = "service.name",
	[LABEL_FEATURE] = "llmsnoop.feature",
	[LABEL_NAMESPACE] = "k8s.namespace.name",
	[LABEL_POD] = "k8s.pod.name",
	[LABEL_OPERATION] = "gen_ai.operation.name",
	[LABEL_PROVIDER] = "gen_ai.provider.name",
	[LABEL_REQUEST_MODEL] = "gen_ai.request.model",
	[LABEL_RESPONSE_MODEL] = "gen_ai.response.model",
	[LABEL_SERVER_ADDRESS] = "server.address",
	[LABEL_SERVER_PORT] = "server.port",
	[LABEL_TOKEN_TYPE] = "gen_ai.token.type",
	[LABEL_MODALITY] = "gen_ai.token.modality",
	[LABEL_AGENT] = "gen_ai.agent.name",
	[LABEL_TOOL] = "gen_ai.tool.name",
	[LABEL_MCP_METHOD] = "mcp.method.name",
	[LABEL_MCP_PROTOCOL] = "mcp.protocol.version",
	[LABEL_ERROR] = "error.type",
	[LABEL_KIND] = "llmsnoop.kind",
	[LABEL_KEY] = "llmsnoop.key_fp",
	[LABEL_REASON] = "llmsnoop.reason",
	[LABEL_PROTOCOL] = "llmsnoop.protocol",
	[LABEL_TLS] = "llmsnoop.tls",
	[LABEL_EXPORTER] = "llmsnoop.exporter",
};

#define BIT(label) (1U << LABEL_##label)
#define OWNER (BIT(SERVICE) | BIT(FEATURE) | BIT(NAMESPACE) | BIT(POD))
#define CALL                                                                                 \
	(OWNER | BIT(OPERATION) | BIT(PROVIDER) | BIT(REQUEST_MODEL) | BIT(RESPONSE_MODEL) | \
	 BIT(SERVER_ADDRESS) | BIT(SERVER_PORT))
#define MCP                                                                                      \
	(OWNER | BIT(OPERATION) | BIT(TOOL) | BIT(MCP_METHOD) | BIT(MCP_PROTOCOL) | BIT(ERROR) | \
	 BIT(SERVER_ADDRESS) | BIT(SERVER_PORT))

#define OLD (1U << SEMCONV_1_41)
#define NEW (1U << SEMCONV_LATEST)

static const double seconds[] = {0.01, 0.02, 0.04, 0.08,  0.16,	 0.32,	0.64,
				 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92};
static const double tokens[] = {1,     4,     16,     64,      256,	1024,	  4096,
				16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864};
static const double agent[] = {0.1,  0.2,  0.4,	 0.8,	1.6,   3.2,  6.4,
			       12.8, 25.6, 51.2, 102.4, 204.8, 409.6};
static const double calls[] = {1, 2, 4, 8, 16, 32, 64, 128};
static const double mcp[] = {0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300};
static const double server_per_token[] = {0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2,
					  0.3,	0.4,   0.5,  0.75,  1.0, 2.5};
static const double server_ttft[] = {0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1,
				     0.25,  0.5,   0.75, 1.0,  2.5,  5.0,  7.5,	 10.0};

#define NANO 1000000000
#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define TIME(n, b, l, s, h)                \
	{                                  \
		{.name = (n),              \
		 .unit = "s",              \
		 .help = (h),              \
		 .kind = METRIC_HISTOGRAM, \
		 .bounds = (b),            \
		 .n_bounds = LEN(b)},      \
			(l), NANO, (s)     \
	}
#define COUNTS(n, u, b, l, s, h)           \
	{                                  \
		{.name = (n),              \
		 .unit = (u),              \
		 .help = (h),              \
		 .kind = METRIC_HISTOGRAM, \
		 .integer = true,          \
		 .bounds = (b),            \
		 .n_bounds = LEN(b)},      \
			(l), 1, (s)        \
	}
#define WHOLE(k, n, u, l, s, h)                                                                    \
	{                                                                                          \
		{.name = (n), .unit = (u), .help = (h), .kind = (k), .integer = true}, (l), 1, (s) \
	}
#define COUNTER(n, u, l, s, h) WHOLE(METRIC_COUNTER, n, u, l, s, h)
#define GAUGE(n, u, l, s, h) WHOLE(METRIC_GAUGE, n, u, l, s, h)

const struct metric_row metric_rows[N_METRICS] = {
	[METRIC_TOKEN_USAGE] =
		COUNTS("gen_ai.client.token.usage", "{token}", tokens, CALL | BIT(TOKEN_TYPE), OLD,
		       "Tokens of a call, by what they are: input or output"),
	[METRIC_OPERATION_DURATION] = TIME("gen_ai.client.operation.duration", seconds,
					   CALL | BIT(ERROR), OLD | NEW, "Duration of a call"),
	[METRIC_OPERATION_TTFC] = TIME("gen_ai.client.operation.time_to_first_chunk", seconds, CALL,
				       OLD, "Time to the first bytes of a streamed answer"),
	[METRIC_OPERATION_PER_CHUNK] =
		TIME("gen_ai.client.operation.time_per_output_chunk", seconds, CALL, OLD,
		     "Time from one chunk of output of a streamed answer to the next"),
	[METRIC_INFERENCE_DURATION] = TIME("gen_ai.client.inference.duration", seconds,
					   CALL | BIT(ERROR), NEW, "Duration of a call of a model"),
	[METRIC_INFERENCE_TTFC] = TIME("gen_ai.client.inference.time_to_first_chunk", seconds, CALL,
				       NEW, "Time to the first bytes of a streamed answer"),
	[METRIC_INFERENCE_PER_CHUNK] =
		TIME("gen_ai.client.inference.time_per_output_chunk", seconds, CALL, NEW,
		     "Time from one chunk of output of a streamed answer to the next"),
	[METRIC_USAGE_INPUT] = COUNTER("gen_ai.client.inference.usage.input_tokens", "{token}",
				       CALL | BIT(MODALITY), NEW, "Tokens of prompts"),
	[METRIC_USAGE_OUTPUT] = COUNTER("gen_ai.client.inference.usage.output_tokens", "{token}",
					CALL | BIT(MODALITY), NEW, "Tokens of answers"),
	[METRIC_USAGE_CACHE_READ] =
		COUNTER("gen_ai.client.inference.usage.cache_read.input_tokens", "{token}",
			CALL | BIT(MODALITY), NEW, "Tokens of prompts that the cache had"),
	[METRIC_USAGE_CACHE_WRITE] =
		COUNTER("gen_ai.client.inference.usage.cache_write.input_tokens", "{token}",
			CALL | BIT(MODALITY), NEW, "Tokens of prompts written to the cache"),
	[METRIC_USAGE_REASONING] =
		COUNTER("gen_ai.client.inference.usage.reasoning.output_tokens", "{token}",
			CALL | BIT(MODALITY), NEW, "Tokens of answers spent on reasoning"),
	[METRIC_INFERENCE_INPUT] =
		COUNTS("gen_ai.client.inference.operation.input_tokens", "{token}", tokens,
		       CALL | BIT(ERROR), NEW, "Tokens of a call's prompt"),
	[METRIC_INFERENCE_OUTPUT] =
		COUNTS("gen_ai.client.inference.operation.output_tokens", "{token}", tokens,
		       CALL | BIT(ERROR), NEW, "Tokens of a call's answer"),
	[METRIC_SERVER_DURATION] =
		TIME("gen_ai.server.request.duration", seconds, CALL | BIT(ERROR), OLD | NEW,
		     "Duration of a call as its server saw it"),
	[METRIC_SERVER_PER_TOKEN] =
		TIME("gen_ai.server.time_per_output_token", server_per_token, CALL, OLD | NEW,
		     "Time per output token after the first, at the server"),
	[METRIC_SERVER_TTFT] = TIME("gen_ai.server.time_to_first_token", server_ttft, CALL,
				    OLD | NEW, "Time to the first token, at the server"),
	[METRIC_AGENT_DURATION] = TIME("gen_ai.invoke_agent.duration", agent,
				       OWNER | BIT(AGENT) | BIT(REQUEST_MODEL) | BIT(ERROR),
				       OLD | NEW, "Duration of an agent's run"),
	[METRIC_AGENT_CALLS] =
		COUNTS("gen_ai.invoke_agent.inference_calls", "{inference_call}", calls,
		       OWNER | BIT(AGENT), OLD | NEW, "Calls of models in an agent's run"),
	[METRIC_AGENT_TOOLS] =
		COUNTS("gen_ai.invoke_agent.tool_calls", "{tool_call}", calls, OWNER | BIT(AGENT),
		       OLD | NEW, "Tools used in an agent's run"),
	[METRIC_TOOL_DURATION] = TIME("gen_ai.execute_tool.duration", seconds,
				      OWNER | BIT(TOOL) | BIT(AGENT) | BIT(ERROR), OLD | NEW,
				      "Duration of a tool's use, an upper bound where inferred"),
	[METRIC_MCP_CLIENT_DURATION] = TIME("mcp.client.operation.duration", mcp, MCP, OLD | NEW,
					    "Duration of an MCP request"),
	[METRIC_MCP_SERVER_DURATION] =
		TIME("mcp.server.operation.duration", mcp,
		     MCP & ~(BIT(SERVER_ADDRESS) | BIT(SERVER_PORT)), OLD | NEW,
		     "Duration of an MCP request as its server saw it"),
	[METRIC_TTFT] = TIME("llmsnoop.time_to_first_token", seconds, CALL, OLD | NEW,
			     "Time to the first output of the model in a streamed answer"),
	[METRIC_TOKENS] =
		COUNTER("llmsnoop.tokens", "{token}", CALL | BIT(KIND), OLD | NEW,
			"Tokens by kind: cache_read and cache_write are parts of input, reasoning "
			"is part of output"),
	[METRIC_COST] = {{.name = "llmsnoop.cost",
			  .unit = "USD",
			  .kind = METRIC_COUNTER,
			  .help = "Cost of calls whose price is known"},
			 CALL,
			 NANO,
			 OLD | NEW},
	[METRIC_UNPRICED] = COUNTER("llmsnoop.unpriced_calls", "{call}", CALL, OLD | NEW,
				    "Calls with tokens whose price is not known"),
	[METRIC_RETRIES] = COUNTER("llmsnoop.retries", "{call}", CALL, OLD | NEW,
				   "Calls that say again what had failed"),
	[METRIC_ABORTS] = COUNTER("llmsnoop.client_aborts", "{call}", CALL, OLD | NEW,
				  "Calls whose client did not wait for the answer"),
	[METRIC_LOOPS] =
		COUNTER("llmsnoop.agent_loops", "{loop}", OWNER | BIT(AGENT), OLD | NEW,
			"Tools that agents asked for with the same arguments again and again"),
	[METRIC_SECRETS] = COUNTER("llmsnoop.secrets_found", "{secret}", OWNER | BIT(KIND),
				   OLD | NEW, "What masks hid in content that was kept"),
	[METRIC_LIMIT_REMAINING] =
		GAUGE("llmsnoop.ratelimit.remaining", "",
		      BIT(PROVIDER) | BIT(REQUEST_MODEL) | BIT(KIND) | BIT(KEY), OLD | NEW,
		      "What the provider last said is left of a limit"),
	[METRIC_LIMIT] = GAUGE("llmsnoop.ratelimit.limit", "",
			       BIT(PROVIDER) | BIT(REQUEST_MODEL) | BIT(KIND) | BIT(KEY), OLD | NEW,
			       "A limit as the provider last said it"),
	[METRIC_EVENTS_LOST] = COUNTER("llmsnoop.events_lost", "{event}", BIT(REASON), OLD | NEW,
				       "What could not be captured, followed or written"),
	[METRIC_LOST_BYTES] =
		COUNTER("llmsnoop.lost", "By", 0, OLD | NEW, "Bytes that the capture lost"),
	[METRIC_GAPS] = COUNTER("llmsnoop.gaps", "{gap}", 0, OLD | NEW,
				"Places in streams where bytes are missing"),
	[METRIC_PARSE_ERRORS] = COUNTER("llmsnoop.parse_errors", "{stream}", BIT(PROTOCOL),
					OLD | NEW, "Streams that were given up"),
	[METRIC_TARGETS] = GAUGE("llmsnoop.attached_targets", "{file}", BIT(TLS), OLD | NEW,
				 "Files with probes, by what does TLS there"),
	[METRIC_STREAMS] = GAUGE("llmsnoop.open_streams", "{connection}", 0, OLD | NEW,
				 "Connections that are followed"),
	[METRIC_EXPORT_FAILURES] =
		COUNTER("llmsnoop.export.failures", "{attempt}", BIT(EXPORTER), OLD | NEW,
			"Attempts to export that failed, also where they were repeated"),
	[METRIC_EXPORT_DROPPED] =
		COUNTER("llmsnoop.export.dropped", "{item}", BIT(EXPORTER) | BIT(REASON), OLD | NEW,
			"Spans, points and log records that were not delivered"),
};

// SPDX-License-Identifier: Apache-2.0
/* Calls of models that cannot be read: protobuf over gRPC or Connect. The path names the method
 * (grpc.io, PROTOCOL-HTTP2: "/" Service-Name "/" method; connectrpc.com, "Path") and all that is
 * told is that it was called. Methods that call no model (lists of models, telemetry, warming up)
 * do not match; bodies are not looked at. */
#include "dialect/wire.h"

enum group {
	GROUP_NONE,
	GROUP_GEMINI,
	GROUP_GEMINI_EMBED,
	GROUP_GEMINI_PREDICT,
	GROUP_XAI,
	GROUP_CURSOR_CHAT,
	GROUP_CURSOR_AGENT,
	GROUP_CURSOR,
};

static const struct call {
	const char *package; /* the service's full name begins with it */
	const char *service; /* and ends with this */
	const char *method;  /* a '*' at its end: what it begins with */
	enum group group;
} calls[] = {
	{"google.cloud.aiplatform.", ".PredictionService", "GenerateContent", GROUP_GEMINI},
	{"google.cloud.aiplatform.", ".PredictionService", "StreamGenerateContent", GROUP_GEMINI},
	{"google.cloud.aiplatform.", ".PredictionService", "EmbedContent", GROUP_GEMINI_EMBED},
	{"google.cloud.aiplatform.", ".PredictionService", "Predict", GROUP_GEMINI_PREDICT},
	{"google.cloud.aiplatform.", ".PredictionService", "RawPredict", GROUP_GEMINI_PREDICT},
	{"google.cloud.aiplatform.", ".PredictionService", "StreamRawPredict",
	 GROUP_GEMINI_PREDICT},
	{"google.cloud.aiplatform.", ".PredictionService", "ServerStreamingPredict",
	 GROUP_GEMINI_PREDICT},
	{"google.cloud.aiplatform.", ".LlmBidiService", "BidiGenerateContent", GROUP_GEMINI},
	{"google.ai.generativelanguage.", ".GenerativeService", "GenerateContent", GROUP_GEMINI},
	{"google.ai.generativelanguage.", ".GenerativeService", "StreamGenerateContent",
	 GROUP_GEMINI},
	{"google.ai.generativelanguage.", ".GenerativeService", "BidiGenerateContent",
	 GROUP_GEMINI},
	{"google.ai.generativelanguage.", ".GenerativeService", "EmbedContent", GROUP_GEMINI_EMBED},
	{"google.ai.generativelanguage.", ".GenerativeService", "BatchEmbedContents",
	 GROUP_GEMINI_EMBED},
	{"google.ai.generativelanguage.", ".PredictionService", "Predict", GROUP_GEMINI_PREDICT},
	{"xai_api.", ".Chat", "GetCompletion", GROUP_XAI},
	{"xai_api.", ".Chat", "GetCompletionChunk", GROUP_XAI},
	{"agent.v1.", ".AgentService", "Run", GROUP_CURSOR_AGENT},
	{"agent.v1.", ".AgentService", "RunSSE", GROUP_CURSOR_AGENT},
	{"aiserver.v1.", ".AiService", "StreamChat*", GROUP_CURSOR_CHAT},
	{"aiserver.v1.", ".AiService", "StreamUnifiedChat*", GROUP_CURSOR_CHAT},
	{"aiserver.v1.", ".ChatService", "StreamUnifiedChat*", GROUP_CURSOR_CHAT},
	{"aiserver.v1.", ".AiService", "StreamCpp", GROUP_CURSOR},
	{"aiserver.v1.", ".CppService", "StreamCpp", GROUP_CURSOR},
	{"aiserver.v1.", ".CmdKService", "StreamCmdK", GROUP_CURSOR},
	{"aiserver.v1.", ".CmdKService", "StreamTerminalCmdK", GROUP_CURSOR},
};

static bool is_protobuf(const struct http_head *h)
{
	static const char *const types[] = {
		"application/grpc",	     /* +proto, -web, -web+proto */
		"application/connect+proto", /* streams */
		"application/proto",
	};
	struct span type = http_head__get(h, "content-type");
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (span_ieq(span_head(type, strlen(types[i])), span_str(types[i])))
			return true;
	return false;
}

static bool method_is(struct span method, const char *pattern)
{
	size_t n = strlen(pattern);

	if (pattern[n - 1] == '*')
		return span_starts(method, span(pattern, n - 1));
	return span_eq(method, span(pattern, n));
}

/* What is before the last '/' that is not part of it, and what is behind. */
static struct span cut_last(struct span *path)
{
	size_t i = path->n;
	struct span tail;

	while (i > 0 && path->p[i - 1] != '/')
		i--;
	tail = span_skip(*path, i);
	*path = span_head(*path, i ? i - 1 : 0);
	return tail;
}

static enum group group_of(const struct http_head *h, struct span path)
{
	struct span method = cut_last(&path), service = cut_last(&path);
	size_t i;

	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (span_starts(service, span_str(calls[i].package)) &&
		    span_ends(service, span_str(calls[i].service)) &&
		    method_is(method, calls[i].method))
			return is_protobuf(h) ? calls[i].group : GROUP_NONE;
	return GROUP_NONE;
}

/* An error that came at once has its status among the headers ("Trailers-Only"). */
static void head(struct dialect_reader *r, const struct http_head *h)
{
	/* grpc.io, "Status codes and their use in gRPC" */
	static const char *const names[] = {
		[1] = "CANCELLED",	     [2] = "UNKNOWN",
		[3] = "INVALID_ARGUMENT",    [4] = "DEADLINE_EXCEEDED",
		[5] = "NOT_FOUND",	     [6] = "ALREADY_EXISTS",
		[7] = "PERMISSION_DENIED",   [8] = "RESOURCE_EXHAUSTED",
		[9] = "FAILED_PRECONDITION", [10] = "ABORTED",
		[11] = "OUT_OF_RANGE",	     [12] = "UNIMPLEMENTED",
		[13] = "INTERNAL",	     [14] = "UNAVAILABLE",
		[15] = "DATA_LOSS",	     [16] = "UNAUTHENTICATED",
	};
	struct span status = http_head__get(h, "grpc-status");
	unsigned int code = 0;
	size_t i;

	for (i = 0; i < status.n && status.n <= 2; i++) {
		if (status.p[i] < '0' || status.p[i] > '9')
			return;
		code = code * 10 + (unsigned int)(status.p[i] - '0');
	}
	if (code && code < sizeof(names) / sizeof(names[0]))
		wire__text(r, FACT_ERROR_TYPE, span_str(names[code]), false, 0);
}

#define OPAQUE(name, of, says, does, whose)                                   \
	static bool match_##name(const struct http_head *h, struct span path) \
	{                                                                     \
		return group_of(h, path) == (of);                             \
	}                                                                     \
	const struct dialect dialect_opaque_##name = {                        \
		.api = (says),                                                \
		.operation = (does),                                          \
		.flavour = (whose),                                           \
		.kind = DIALECT_OPAQUE,                                       \
		.match = match_##name,                                        \
		.head = head,                                                 \
	}

OPAQUE(gemini, GROUP_GEMINI, "gemini.grpc", "generate_content", "gcp.gen_ai");
OPAQUE(gemini_embed, GROUP_GEMINI_EMBED, "gemini.grpc", "embeddings", "gcp.gen_ai");
OPAQUE(gemini_predict, GROUP_GEMINI_PREDICT, "gemini.grpc", "predict", "gcp.vertex_ai");
OPAQUE(xai, GROUP_XAI, "xai.grpc", "chat", "x_ai");
OPAQUE(cursor_chat, GROUP_CURSOR_CHAT, "cursor", "chat", "cursor");
OPAQUE(cursor_agent, GROUP_CURSOR_AGENT, "cursor", "invoke_agent", "cursor");
OPAQUE(cursor, GROUP_CURSOR, "cursor", "generate_content", "cursor");

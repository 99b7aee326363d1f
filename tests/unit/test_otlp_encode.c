// SPDX-License-Identifier: Apache-2.0
#include "otlp_rig.h"

#include <errno.h>

#include "sink/otlp/resource.h"
#include "sink/otlp/sink.h"

static const char *const hostile[] = {
	"\xC0\x80\xFF\xFE", "a\xE2\x82", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xEF\xBF\xBD", "\x80",
	"\033[2J",	    "x\x01\x7F", "\xE2\x80\xAE", "\xF0\x9F\x98\x80",
};

#define N(array) (sizeof(array) / sizeof((array)[0]))

static void kinds_and_names(void **state)
{
	static const struct {
		enum call_kind kind;
		enum call_role role;
		const char *operation, *method, *tool;
		int span_kind;
		const char *name, *said; /* gen_ai.operation.name; NULL: none */
	} cases[] = {
		{CALL_MODEL, ROLE_CLIENT, "chat", NULL, NULL, 3, "chat gpt-4o", "chat"},
		{CALL_MODEL, ROLE_CLIENT, "text_completion", NULL, NULL, 3,
		 "text_completion gpt-4o", "text_completion"},
		{CALL_MODEL, ROLE_CLIENT, "image", NULL, NULL, 3, "generate_content gpt-4o",
		 "generate_content"},
		{CALL_MODEL, ROLE_CLIENT, "embeddings", NULL, NULL, 3, "embeddings gpt-4o",
		 "embeddings"},
		{CALL_MODEL, ROLE_CLIENT, "rerank", NULL, NULL, 3, "retrieval", "retrieval"},
		{CALL_FETCH, ROLE_CLIENT, "fetch_response", NULL, NULL, 3, "fetch_response",
		 "fetch_response"},
		{CALL_MODEL, ROLE_CLIENT, "moderation", NULL, NULL, 3, "moderation gpt-4o", NULL},
		{CALL_MODEL, ROLE_CLIENT, "count_tokens", NULL, NULL, 3, "count_tokens gpt-4o",
		 NULL},
		{CALL_MODEL, ROLE_SERVER, "chat", NULL, NULL, 2, "POST", NULL},
		{CALL_TOOL, ROLE_CLIENT, "execute_tool", "tools/call", "search", 3,
		 "tools/call search", "execute_tool"},
		{CALL_TOOL, ROLE_SERVER, "execute_tool", "tools/call", "search", 2,
		 "tools/call search", "execute_tool"},
		{CALL_TOOL, ROLE_CLIENT, "execute_tool", "ping", NULL, 3, "ping", NULL},
	};
	struct otlp_encode e;
	Otlp__Span *s;
	size_t i;

	otlp_begin(&e, "otel", SEMCONV_1_41);
	for (i = 0; i < N(cases); i++) {
		struct call c = otlp_call();

		c.kind = cases[i].kind;
		c.role = cases[i].role;
		c.operation = cases[i].operation;
		c.mcp_method = cases[i].method;
		c.mcp_tool = cases[i].tool;
		s = otlp_span_of(&e, &c, NULL, NULL);
		assert_int_equal(s->kind, cases[i].span_kind);
		assert_string_equal(s->name, cases[i].name);
		if (cases[i].said)
			assert_string_equal(otlp_text(otlp_find(s->n_attributes, s->attributes,
								"gen_ai.operation.name")),
					    cases[i].said);
		else
			assert_null(
				otlp_find(s->n_attributes, s->attributes, "gen_ai.operation.name"));
		assert_null(s->status);
		otlp__span__free_unpacked(s, NULL);
	}
}

static void ids_times_and_status(void **state)
{
	struct otlp_encode e;
	struct call c = otlp_call();
	Otlp__Span *s;

	otlp_begin(&e, "otel", SEMCONV_1_41);
	s = otlp_span_of(&e, &c, NULL, NULL);
	assert_int_equal(s->trace_id.len, 16);
	assert_memory_equal(s->trace_id.data, c.trace_id, 16);
	assert_int_equal(s->span_id.len, 8);
	assert_false(s->has_parent_span_id);
	assert_int_equal(s->start_time_unix_nano, c.time_ns);
	assert_int_equal(s->end_time_unix_nano, c.time_ns + c.duration_ns);
	assert_null(s->status);
	otlp__span__free_unpacked(s, NULL);
	c.parent_span_id[7] = 3;
	c.error_type = "rate_limit_exceeded";
	s = otlp_span_of(&e, &c, NULL, NULL);
	assert_int_equal(s->parent_span_id.len, 8);
	assert_int_equal(s->status->code, 2);
	assert_string_equal(otlp_text(otlp_find(s->n_attributes, s->attributes, "error.type")),
			    "rate_limit_exceeded");
	otlp__span__free_unpacked(s, NULL);
	/* An empty one is no error, as in JSON. */
	c.error_type = "";
	s = otlp_span_of(&e, &c, NULL, NULL);
	assert_null(s->status);
	assert_null(otlp_find(s->n_attributes, s->attributes, "error.type"));
	otlp__span__free_unpacked(s, NULL);
}

static void attributes_have_their_types(void **state)
{
	static const char *const reasons[] = {"stop", "length"};
	static const struct call_tool tools[] = {{"1", "Bash"}, {NULL, "Read"}};
	struct otlp_encode e;
	struct call c = otlp_call();
	const Otlp__AnyValue *v;
	Otlp__Span *s;

	otlp_begin(&e, "otel", SEMCONV_1_41);
	c.input_tokens = 0;
	c.temperature = 0.5;
	c.stream = 1;
	c.finish_reasons = reasons;
	c.n_finish_reasons = 2;
	c.tool_calls = tools;
	c.n_tool_calls = 2;
	c.cost_nusd = 28000000;
	c.seed = INT64_MIN;
	s = otlp_span_of(&e, &c, NULL, NULL);
#define FIND(key) otlp_find(s->n_attributes, s->attributes, key)
	v = FIND("gen_ai.usage.input_tokens");
	assert_int_equal(v->value_case, OTLP__ANY_VALUE__VALUE_INT_VALUE);
	assert_int_equal(v->int_value, 0);
	assert_true(FIND("gen_ai.request.temperature")->double_value == 0.5);
	assert_true(FIND("gen_ai.usage.cost")->double_value == 0.028);
	assert_true(FIND("gen_ai.request.seed")->int_value == INT64_MIN);
	assert_int_equal(FIND("gen_ai.request.stream")->value_case,
			 OTLP__ANY_VALUE__VALUE_BOOL_VALUE);
	v = FIND("gen_ai.response.finish_reasons");
	assert_int_equal(v->array_value->n_values, 2);
	assert_string_equal(v->array_value->values[1]->string_value, "length");
	assert_string_equal(FIND("llmsnoop.tool_calls")->array_value->values[1]->string_value,
			    "Read");
	assert_string_equal(otlp_text(FIND("openai.api.type")), "chat_completions");
	assert_int_equal(FIND("server.port")->int_value, 443);
	/* Unknown is absent; whose it is belongs to the resource. */
	assert_null(FIND("gen_ai.usage.output_tokens"));
	assert_null(FIND("process.pid"));
	otlp__span__free_unpacked(s, NULL);
}

/* Field -> attribute, by conventions, backend and kind of span. */
static void some_names_differ(void **state)
{
	static const struct {
		const char *profile;
		enum semconv semconv;
		const char *operation;
		const char *name; /* of the 5 tokens; NULL: none has that value */
		int64_t value;
	} cases[] = {
		{"otel", SEMCONV_1_41, "chat", "gen_ai.usage.cache_creation.input_tokens", 5},
		{"otel", SEMCONV_LATEST, "chat", "gen_ai.usage.cache_write.input_tokens", 5},
		{"otel", SEMCONV_1_41, "chat", "llmsnoop.usage.text.input_tokens", 6},
		{"otel", SEMCONV_LATEST, "chat", "gen_ai.usage.text.input_tokens", 6},
		{"langfuse", SEMCONV_LATEST, "chat", "llmsnoop.usage.text.input_tokens", 6},
		{"otel", SEMCONV_1_41, "fetch_response", "llmsnoop.usage.output_tokens", 7},
		{"langfuse", SEMCONV_1_41, "fetch_response", "gen_ai.usage.output_tokens", 7},
		{"otel", SEMCONV_1_41, "chat", "gen_ai.usage.output_tokens", 7},
	};
	struct otlp_encode e;
	const Otlp__AnyValue *v;
	Otlp__Span *s;
	size_t i, j, n;

	for (i = 0; i < N(cases); i++) {
		struct call c = otlp_call();

		c.operation = cases[i].operation;
		c.kind = strcmp(c.operation, "chat") ? CALL_FETCH : CALL_MODEL;
		c.cache_write_tokens = 5;
		c.input_parts.text = 6;
		c.output_tokens = 7;
		otlp_begin(&e, cases[i].profile, cases[i].semconv);
		s = otlp_span_of(&e, &c, NULL, NULL);
		v = FIND(cases[i].name);
		assert_non_null(v);
		assert_int_equal(v->int_value, cases[i].value);
		/* Under one name only: who adds up would count it twice. */
		for (j = n = 0; j < s->n_attributes; j++)
			n += s->attributes[j]->value->value_case ==
				     OTLP__ANY_VALUE__VALUE_INT_VALUE &&
			     s->attributes[j]->value->int_value == cases[i].value;
		assert_int_equal(n, 1);
		otlp__span__free_unpacked(s, NULL);
	}
}

static void runs_and_tools(void **state)
{
	const struct agent_run r = {.trace_id = {1},
				    .span_id = {2},
				    .agent = "coder",
				    .provider = "anthropic",
				    .error_type = "timeout",
				    .rounds = 3,
				    .input_tokens = 10,
				    .cache_read_tokens = 4,
				    .output_tokens = -1,
				    .cost_nusd = -1};
	const struct agent_tool t = {.trace_id = {1},
				     .span_id = {3},
				     .parent_span_id = {2},
				     .name = "Bash",
				     .id = "toolu_1",
				     .inferred = true};
	struct otlp_encode e;
	Otlp__Span *s;

	otlp_begin(&e, "otel", SEMCONV_1_41);
	s = otlp_span_of(&e, NULL, &r, NULL);
	assert_int_equal(s->kind, 1);
	assert_string_equal(s->name, "invoke_agent coder");
	assert_int_equal(s->status->code, 2);
	assert_string_equal(otlp_text(FIND("gen_ai.provider.name")), "anthropic");
	assert_int_equal(FIND("gen_ai.usage.cache_read.input_tokens")->int_value, 4);
	otlp__span__free_unpacked(s, NULL);
	otlp_begin(&e, "otel", SEMCONV_LATEST);
	s = otlp_span_of(&e, NULL, &r, NULL);
	assert_null(FIND("gen_ai.provider.name"));
	assert_int_equal(FIND("gen_ai.usage.input_tokens")->int_value, 10);
	assert_null(FIND("gen_ai.usage.cache_read.input_tokens"));
	otlp__span__free_unpacked(s, NULL);
	otlp_begin(&e, "langfuse", SEMCONV_1_41);
	s = otlp_span_of(&e, NULL, &r, NULL);
	assert_null(FIND("gen_ai.usage.input_tokens"));
	otlp__span__free_unpacked(s, NULL);
	s = otlp_span_of(&e, NULL, NULL, &t);
	assert_int_equal(s->kind, 1);
	assert_string_equal(s->name, "execute_tool Bash");
	assert_string_equal(otlp_text(FIND("gen_ai.tool.call.id")), "toolu_1");
	assert_true(FIND("llmsnoop.inferred")->bool_value);
	assert_null(s->status);
	otlp__span__free_unpacked(s, NULL);
}

static void hostile_texts_are_repaired(void **state)
{
	struct otlp_encode e;
	Otlp__Span *s;
	size_t i;

	otlp_begin(&e, "otel", SEMCONV_1_41);
	for (i = 0; i < N(hostile); i++) {
		const char *const one[] = {hostile[i]};
		const struct call_tool tool = {hostile[i], hostile[i]};
		struct content k = {.input_messages = hostile[i]};
		struct call c = otlp_call();
		struct buf out;

		c.request_model = c.response_id = c.error_type = c.path = hostile[i];
		c.who.service = c.who.exe = c.who.feature = hostile[i];
		c.finish_reasons = one;
		c.n_finish_reasons = 1;
		c.tool_calls = &tool;
		c.n_tool_calls = 1;
		c.content = &k;
		e.content_on_spans = true;
		s = otlp_span_of(&e, &c, NULL, NULL); /* which checks */
		otlp__span__free_unpacked(s, NULL);
		buf__init(&out, 1 << 20);
		assert_int_equal(otlp_encode__details(&e, &c, &out), 0);
		assert_int_equal(otlp_encode__exception(&e, &c, &out), 0);
		buf__free(&out);
	}
	/* One character for each part that is none (Unicode 15, 3.9). */
	{
		struct call c = otlp_call();

		c.request_model = "a\xFF\xE2\x82z";
		s = otlp_span_of(&e, &c, NULL, NULL);
		assert_string_equal(otlp_text(FIND("gen_ai.request.model")),
				    "a\xEF\xBF\xBD\xEF\xBF\xBDz");
		assert_string_equal(s->name, "chat a\xEF\xBF\xBD\xEF\xBF\xBDz");
		otlp__span__free_unpacked(s, NULL);
	}
}

static void limits_cut_and_count(void **state)
{
	struct otlp_config config = otlp_plain;
	struct otlp_encode e;
	struct call c = otlp_call();
	Otlp__Span *s;
	size_t all;
	char big[3000];

	otlp_begin(&e, "otel", SEMCONV_1_41);
	s = otlp_span_of(&e, &c, NULL, NULL);
	all = s->n_attributes;
	assert_false(s->has_dropped_attributes_count);
	otlp__span__free_unpacked(s, NULL);
	config.span_attributes = 3;
	config.span_value_length = 2;
	otlp_encode__init(&e, &config, otlp_profile__find("otel"), SEMCONV_1_41);
	c.operation = "\xC3\xA9\xC3\xA9\xC3\xA9";
	s = otlp_span_of(&e, &c, NULL, NULL);
	assert_int_equal(s->n_attributes, 3);
	assert_true(s->dropped_attributes_count >= all - 4);
	assert_string_equal(otlp_text(FIND("llmsnoop.operation")), "\xC3\xA9\xC3\xA9");
	otlp__span__free_unpacked(s, NULL);
	config.span_attributes = 0;
	s = otlp_span_of(&e, &c, NULL, NULL);
	assert_int_equal(s->n_attributes, 0);
	otlp__span__free_unpacked(s, NULL);
	/* A name of any length is a name that can be shown. */
	memset(big, 'm', sizeof(big) - 1);
	big[sizeof(big) - 1] = 0;
	c.request_model = big;
	c.operation = "chat";
	s = otlp_span_of(&e, &c, NULL, NULL);
	assert_int_equal(strlen(s->name), 256);
	otlp__span__free_unpacked(s, NULL);
}

static void no_memory_loses_attributes_only(void **state)
{
	struct otlp_encode e;
	struct call c = otlp_call();
	struct buf out;
	size_t room;
	unsigned int failed = 0, whole = 0;

	c.request_model = "\xFF";
	for (room = 0; room < 64 << 10; room += 512) {
		otlp_begin(&e, "otel", SEMCONV_1_41);
		arena__init(&e.arena, room, &e.budget);
		buf__init(&out, 1 << 20);
		if (otlp_encode__call(&e, &c, &out)) {
			failed++;
			assert_int_equal(out.n, 0);
		} else {
			Otlp__Span *s = otlp__span__unpack(NULL, out.n, out.p);

			assert_non_null(s);
			otlp_check_list(s->n_attributes, s->attributes);
			whole += !s->has_dropped_attributes_count;
			otlp__span__free_unpacked(s, NULL);
		}
		assert_int_equal(e.budget.used_bytes, 0);
		buf__free(&out);
	}
	assert_true(failed > 0 && whole > 0);
	/* Nor does a buffer that is full hold half a message. */
	otlp_begin(&e, "otel", SEMCONV_1_41);
	buf__init(&out, 100);
	assert_int_equal(otlp_encode__call(&e, &c, &out), -E2BIG);
	assert_int_equal(out.n, 0);
	buf__free(&out);
}

static void content_only_where_it_is_wanted(void **state)
{
	struct content k = {.input_messages = "[{\"role\":\"user\",\"parts\":[{\"type\":\"text\","
					      "\"content\":\"x\"}]}]",
			    .cut = true};
	struct otlp_config config = otlp_plain;
	struct call c = otlp_call();
	const Otlp__AnyValue *v;
	struct otlp_encode e;
	Otlp__LogRecord *r;
	Otlp__Span *s;
	struct buf out;

	c.content = &k;
	otlp_begin(&e, "otel", SEMCONV_1_41);
	s = otlp_span_of(&e, &c, NULL, NULL);
	assert_null(FIND("gen_ai.input.messages"));
	otlp__span__free_unpacked(s, NULL);
	e.content_on_spans = true;
	s = otlp_span_of(&e, &c, NULL, NULL);
	assert_string_equal(otlp_text(FIND("gen_ai.input.messages")), k.input_messages);
	assert_true(FIND("llmsnoop.content.truncated")->bool_value);
	otlp__span__free_unpacked(s, NULL);
	/* Half of it would be no JSON. */
	config.span_value_length = (unsigned int)strlen(k.input_messages);
	e.config = &config;
	s = otlp_span_of(&e, &c, NULL, NULL);
	assert_non_null(FIND("gen_ai.input.messages"));
	otlp__span__free_unpacked(s, NULL);
	config.span_value_length--;
	s = otlp_span_of(&e, &c, NULL, NULL);
	assert_null(FIND("gen_ai.input.messages"));
	assert_int_equal(s->dropped_attributes_count, 1);
	otlp__span__free_unpacked(s, NULL);
	buf__init(&out, 1 << 16);
	assert_int_equal(otlp_encode__details(&e, &c, &out), 0);
	r = otlp__log_record__unpack(NULL, out.n, out.p);
	assert_string_equal(r->event_name, "gen_ai.client.inference.operation.details");
	assert_int_equal(r->severity_number, 5);
	assert_memory_equal(r->span_id.data, c.span_id, 8);
	v = otlp_find(r->n_attributes, r->attributes, "gen_ai.input.messages");
	assert_int_equal(v->value_case, OTLP__ANY_VALUE__VALUE_ARRAY_VALUE);
	v = otlp_find(v->array_value->values[0]->kvlist_value->n_values,
		      v->array_value->values[0]->kvlist_value->values, "role");
	assert_string_equal(otlp_text(v), "user");
	otlp__log_record__free_unpacked(r, NULL);
	buf__free(&out);
	assert_int_equal(otlp_content__parse(NULL), OTLP_CONTENT_SPAN);
	assert_int_equal(otlp_content__parse("event_ONLY"), OTLP_CONTENT_EVENT);
	assert_int_equal(otlp_content__parse("NO_CONTENT"), OTLP_CONTENT_NOWHERE);
	assert_int_equal(otlp_content__parse("?"), OTLP_CONTENT_SPAN);
}

static void samplers(void **state)
{
	static const struct {
		enum otlp_sampler sampler;
		bool parent_based;
		double ratio;
		uint8_t byte; /* of the trace id, the first that counts */
		enum sampled sampled;
		bool want;
	} cases[] = {
		{OTLP_ALWAYS_ON, true, 0, 0, SAMPLED_UNSAID, true},
		{OTLP_ALWAYS_ON, true, 0, 0, SAMPLED_NO, false},
		{OTLP_ALWAYS_ON, false, 0, 0, SAMPLED_NO, true},
		{OTLP_ALWAYS_OFF, true, 0, 0, SAMPLED_UNSAID, false},
		{OTLP_ALWAYS_OFF, true, 0, 0, SAMPLED_YES, true},
		{OTLP_ALWAYS_OFF, false, 0, 0, SAMPLED_YES, false},
		{OTLP_RATIO, false, 0, 0, SAMPLED_YES, false},
		{OTLP_RATIO, false, 1, 0xFF, SAMPLED_UNSAID, true},
		{OTLP_RATIO, false, 0.5, 0x7F, SAMPLED_UNSAID, true},
		{OTLP_RATIO, false, 0.5, 0x80, SAMPLED_UNSAID, false},
		{OTLP_RATIO, true, 0.5, 0x80, SAMPLED_YES, true},
		{OTLP_RATIO, true, 0.5, 0x7F, SAMPLED_NO, false},
	};
	size_t i;

	for (i = 0; i < N(cases); i++) {
		const struct otlp_config c = {.sampler = cases[i].sampler,
					      .parent_based = cases[i].parent_based,
					      .ratio = cases[i].ratio};
		const uint8_t trace[16] = {0xFF, [8] = cases[i].byte};

		assert_int_equal(otlp_encode__is_sampled(&c, trace, cases[i].sampled),
				 cases[i].want);
	}
}

static void resources(void **state)
{
	struct otlp_pair given[] = {{(char *)"service.name", (char *)"mine"},
				    {(char *)"x", (char *)"\xFF"}};
	const struct otlp_host host = {"h", "", NULL};
	struct otlp_config config = otlp_plain;
	struct call c = otlp_call();
	struct otlp_encode e;
	Otlp__Resource *r;
	struct buf out;
	int i;

	for (i = 0; i < 3; i++) {
		config.resource = given;
		config.n_resource = i == 2 ? 2 : 0;
		c.who.service = i ? "seen" : NULL;
		otlp_encode__init(&e, &config, otlp_profile__find("otel"), SEMCONV_1_41);
		buf__init(&out, 1 << 16);
		assert_int_equal(otlp_resource__record(&e, &host, &call_fields, &c, &out), 0);
		r = otlp__resource__unpack(NULL, out.n, out.p);
		otlp_check_list(r->n_attributes, r->attributes);
#define HAS(key) otlp_find(r->n_attributes, r->attributes, key)
		assert_string_equal(otlp_text(HAS("service.name")), i == 0   ? "unknown_service:app"
								    : i == 1 ? "seen"
									     : "mine");
		assert_int_equal(HAS("process.pid")->int_value, 42);
		assert_string_equal(otlp_text(HAS("telemetry.sdk.name")), "llmsnoop");
		assert_string_equal(otlp_text(HAS("host.name")), "h");
		assert_null(HAS("host.id"));
		otlp__resource__free_unpacked(r, NULL);
		buf__free(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_and_names),
		cmocka_unit_test(ids_times_and_status),
		cmocka_unit_test(attributes_have_their_types),
		cmocka_unit_test(some_names_differ),
		cmocka_unit_test(runs_and_tools),
		cmocka_unit_test(hostile_texts_are_repaired),
		cmocka_unit_test(limits_cut_and_count),
		cmocka_unit_test(no_memory_loses_attributes_only),
		cmocka_unit_test(content_only_where_it_is_wanted),
		cmocka_unit_test(samplers),
		cmocka_unit_test(resources),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

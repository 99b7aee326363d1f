// SPDX-License-Identifier: Apache-2.0
#include "dialect_facts.h"

static void call(const char *request, const char *type, const char *response, const char *want)
{
	struct exchange x = {
		.path = "/v1beta/interactions",
		.host = "generativelanguage.googleapis.com",
		.request = request,
		.type = type,
		.response = response,
	};

	facts_are(&x, want);
}

static void test_request(void **state)
{
	call("{\"model\":\"m\",\"stream\":true,\"previous_interaction_id\":\"v1\",\"input\":\"hi\","
	     "\"generation_config\":{\"temperature\":1,\"top_p\":0.5,\"seed\":3,\"max_output_"
	     "tokens\":9,"
	     "\"thinking_level\":\"low\",\"stop_sequences\":[\"x\"]},\"response_format\":{\"type\":"
	     "\"text\",\"mime_type\":\"application/json\"},\"service_tier\":\"flex\"}",
	     NULL, NULL,
	     "ask=m stream=1 previous=v1 temp=1 top_p=0.5 seed=3 max=9 effort=low stop=x type=json "
	     "ask_tier=flex |");
	call("{\"agent\":\"deep-research\",\"background\":true,\"response_modalities\":[\"image\"]"
	     "}",
	     NULL, NULL, "ask=deep-research type=image |");
}

static void test_results(void **state)
{
	/* steps */
	call("{\"input\":[{\"type\":\"user_input\",\"content\":[{\"type\":\"text\"}]},"
	     "{\"type\":\"function_call\",\"id\":\"a\"},{\"type\":\"function_result\",\"call_id\":"
	     "\"a\"},"
	     "{\"type\":\"google_search_call\",\"id\":\"s\"},{\"type\":\"google_search_result\","
	     "\"call_id\":\"s\"},{\"type\":\"function_call\",\"id\":\"b\"},{\"call_id\":\"b\","
	     "\"type\":\"function_result\",\"result\":{\"call_id\":\"no\"}}]}",
	     NULL, NULL, "result=b |");
	/* turns */
	call("{\"input\":[{\"role\":\"model\",\"content\":[{\"type\":\"function_call\",\"id\":"
	     "\"a\"}]},"
	     "{\"role\":\"user\",\"content\":[{\"type\":\"function_result\",\"call_id\":\"a\"},"
	     "{\"type\":\"text\",\"call_id\":\"no\"}]}]}",
	     NULL, NULL, "result=a |");
}

#define USAGE                                                                                     \
	"\"usage\":{\"total_tokens\":23,\"total_input_tokens\":10,\"input_tokens_by_modality\":[" \
	"{\"modality\":\"text\",\"tokens\":8},{\"modality\":\"image\",\"tokens\":2}],"            \
	"\"total_cached_tokens\":4,\"total_output_tokens\":5,\"total_tool_use_tokens\":1,"        \
	"\"total_thought_tokens\":7}"

static void test_whole(void **state)
{
	call(NULL, "application/json",
	     "{\"id\":\"v1_a\",\"status\":\"requires_action\"," USAGE
	     ",\"service_tier\":\"standard\",\"steps\":[{\"type\":\"thought\"},{\"id\":\"s\","
	     "\"type\":"
	     "\"google_search_call\",\"name\":\"no\"},{\"id\":\"c\",\"name\":\"f\",\"type\":"
	     "\"function_call\",\"arguments\":{\"name\":\"no\"}}],\"object\":\"interaction\","
	     "\"model\":\"m\"}",
	     "| id=v1_a in_text=8 in_image=2 tool_use=1 tier=standard model=m "
	     "finish[0]=requires_action pending=0 in=10 out=12 read=4 think=7 tool[0]=f#c");
	call(NULL, "application/json", "{\"id\":\"v1_b\",\"status\":\"in_progress\"}",
	     "| id=v1_b pending=1");
	call(NULL, "application/json", "{\"id\":\"v1_b\",\"status\":\"failed\"}",
	     "| id=v1_b finish[0]=failed pending=0 error=_OTHER");
}

static void test_stream(void **state)
{
	call(NULL, "text/event-stream",
	     "event: interaction.created\ndata: {\"interaction\":{\"id\":\"v\",\"status\":"
	     "\"in_progress\",\"object\":\"interaction\",\"model\":\"m\"},\"event_type\":"
	     "\"interaction.created\"}\n\n"
	     "event: step.start\ndata: "
	     "{\"index\":0,\"step\":{\"type\":\"function_call\",\"id\":\"c\","
	     "\"name\":\"f\",\"arguments\":{}},\"event_type\":\"step.start\"}\n\n"
	     "event: step.delta\ndata: {\"index\":0,\"delta\":{\"type\":\"thought_signature\","
	     "\"signature\":\"x\"},\"event_type\":\"step.delta\"}\n\n"
	     "event: step.delta\ndata: {\"index\":0,\"delta\":{\"type\":\"arguments_delta\","
	     "\"arguments\":\"{}\"},\"event_type\":\"step.delta\"}\n\n"
	     "event: step.delta\ndata: "
	     "{\"delta\":{\"type\":\"thought_summary\",\"content\":{\"type\":"
	     "\"text\",\"text\":\"t\"}},\"event_type\":\"step.delta\"}\n\n"
	     "event: interaction.completed\ndata: {\"interaction\":{\"id\":\"v\",\"status\":"
	     "\"requires_action\",\"model\":\"m\"," USAGE
	     "},\"event_type\":\"interaction.completed\"}\n\n",
	     "| id=v model=m tool[0]=f#c OUTPUT OUTPUT in_text=8 in_image=2 tool_use=1 "
	     "finish[0]=requires_action pending=0 in=10 out=12 read=4 think=7 DONE streamed");
	/* as it was before steps */
	call(NULL, "text/event-stream",
	     "data: "
	     "{\"event_type\":\"content.delta\",\"delta\":{\"type\":\"text\",\"text\":\"a\"}}\n\n"
	     "data: "
	     "{\"event_type\":\"content.delta\",\"delta\":{\"type\":\"function_call\",\"name\":"
	     "\"f\","
	     "\"id\":\"c\",\"arguments\":{\"a\":1}}}\n\n"
	     "data: "
	     "{\"event_type\":\"interaction.complete\",\"interaction\":{\"status\":\"completed\"}}"
	     "\n\n"
	     "data: [DONE]\n\n",
	     "| OUTPUT tool[0]=f#c OUTPUT finish[0]=completed pending=0 DONE DONE streamed");
	call(NULL, "text/event-stream",
	     "data: "
	     "{\"event_type\":\"error\",\"error\":{\"code\":\"deadline_exceeded\",\"message\":"
	     "\"m\"}}\n\n",
	     "| says=m error=deadline_exceeded streamed");
}

static bool confirmed(const char *method, const char *host, const char *path, const char *response)
{
	static const struct dialect_ops ops = {.fact = facts_print};
	struct http_head q = {
		.method = span_str(method),
		.path = span_str(path),
		.authority = span_str(host),
	};
	struct http_head a = {.status = 200};
	const struct dialect *d = dialect__match(&q);
	FILE *f = fopen("/dev/null", "w");
	struct dialect_reader *r;
	bool yes;

	assert_non_null(d);
	assert_int_equal(dialect_reader__new(d, &q, &ops, f, &limits_default, &r), 0);
	dialect_reader__request_end(r, 1);
	dialect_reader__response_head(r, &a, 1);
	dialect_reader__response(r, span_str(response), 1);
	dialect_reader__response_end(r, 1);
	yes = dialect_reader__confirmed(r);
	dialect_reader__free(r);
	fclose(f);
	return yes;
}

/* Others have such paths, too: chat platforms, TensorFlow Serving. */
static void test_others(void **state)
{
	static const char path[] = "/api/v10/interactions";

	assert_false(confirmed("POST", "discord.example", path, "{\"id\":\"1\",\"type\":4}"));
	assert_false(confirmed("GET", "discord.example", "/api/interactions/1", "{\"id\":\"1\"}"));
	assert_true(confirmed("POST", "proxy.example", path, "{\"object\":\"interaction\"}"));
	assert_true(confirmed("GET", "proxy.example", "/interactions/v1", "{" USAGE "}"));
	assert_false(confirmed("POST", "tf.example", "/v1/models/half_plus_two:predict",
			       "{\"predictions\":[2.5,3.0]}"));
	assert_true(
		confirmed("POST", "proxy.example", "/v1/publishers/google/models/m:predict", ""));
}

static void test_fetch(void **state)
{
	struct http_head h = {
		.method = SPAN_LIT("GET"),
		.path = SPAN_LIT("/v1beta/interactions/v1_a"),
	};
	const struct dialect *d = dialect__match(&h);

	assert_non_null(d);
	assert_int_equal(dialect__kind(d), DIALECT_FETCH);
	assert_string_equal(dialect__operation(d), "fetch_response");
	h.path = SPAN_LIT("/v1beta/interactions/v1_a/cancel");
	assert_null(dialect__match(&h));
	h.path = SPAN_LIT("/v1beta/interactions");
	assert_null(dialect__match(&h));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request), cmocka_unit_test(test_results),
		cmocka_unit_test(test_whole),	cmocka_unit_test(test_stream),
		cmocka_unit_test(test_others),	cmocka_unit_test(test_fetch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

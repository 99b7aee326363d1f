// SPDX-License-Identifier: Apache-2.0
#include "dialect_facts.h"

#define SSE "text/event-stream; charset=utf-8"
#define JSON "application/json"
#define JSONL "application/x-jsonl"
#define HOST "api.anthropic.com"

static void test_count_tokens(void **state)
{
	struct exchange x = {
		.path = "/v1/messages/count_tokens",
		.host = HOST,
		.type = JSON,
		.request = "{\"messages\":[],\"model\":\"m\"}",
		.response = "{\"input_tokens\":1114}",
	};

	facts_are(&x, "ask=m | counted=1114");
	x.path = "/v1/projects/p/locations/l/publishers/anthropic/models/count-tokens:rawPredict";
	x.host = "l-aiplatform.googleapis.com";
	facts_are(&x, "ask=m | counted=1114");
	x.status = 404;
	x.response =
		"{\"error\":{\"message\":\"No\",\"type\":\"not_found_error\"},\"type\":\"error\"}";
	facts_are(&x, "ask=m | says=No error=not_found_error");
}

static void test_complete(void **state)
{
	struct exchange x = {
		.path = "/v1/complete",
		.host = HOST,
		.type = JSON,
		.request =
			"{\"model\":\"m\",\"prompt\":\"\\n\\nHuman: x\",\"max_tokens_to_sample\":9,"
			"\"top_k\":4,\"top_p\":0.5,\"temperature\":1,\"stop_sequences\":[\"a\"],"
			"\"stream\":false,\"metadata\":{\"user_id\":\"x_session_0f\"}}",
		.response = "{\"type\":\"completion\",\"id\":\"compl\",\"completion\":\" Hi\","
			    "\"stop_reason\":\"stop_sequence\",\"model\":\"m1\"}",
	};

	facts_are(&x, "ask=m max=9 top_k=4 top_p=0.5 temp=1 stop=a stream=0 conv=0f | id=compl "
		      "finish[0]=stop_sequence model=m1 DONE");
	x.request = NULL;
	x.type = SSE;
	x.response =
		"event: completion\ndata: {\"type\":\"completion\",\"id\":\"compl\",\"completion\":"
		"\" Hi\",\"stop_reason\":null,\"model\":\"m1\"}\n\n"
		"event: ping\ndata: {\"type\":\"ping\"}\n\n"
		"event: completion\ndata: {\"type\":\"completion\",\"id\":\"compl\",\"completion\":"
		"\"\",\"stop_reason\":\"stop_sequence\",\"model\":\"m1\"}\n\n";
	facts_are(&x, "| id=compl model=m1 OUTPUT finish[0]=stop_sequence DONE streamed");
	x.response =
		"event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\","
		"\"message\":\"No\"}}\n\n";
	facts_are(&x, "| says=No error=overloaded_error streamed");
}

#define LINE(id, usage)                                                                        \
	"{\"custom_id\":\"" id                                                                 \
	"\",\"result\":{\"type\":\"succeeded\",\"message\":{\"id\":\"msg_" id                  \
	"\",\"model\":\"m\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}],\"usage\":" usage \
	"}}}\n"

static void batch(int status, const char *type, const char *response, const char *want)
{
	struct exchange x = {
		.path = "/v1/messages/batches/msgbatch_1/results",
		.method = "GET",
		.host = HOST,
		.status = status,
		.type = type,
		.response = response,
	};

	facts_are(&x, want);
}

static void test_batch(void **state)
{
	batch(200, JSONL,
	      LINE("a", "{\"input_tokens\":3,\"cache_read_input_tokens\":5,\"output_tokens\":7,"
			"\"service_tier\":\"batch\"}") "{\"custom_id\":\"b\",\"result\":{\"type\":"
						       "\"errored\",\"error\":{\"type\":\"error\","
						       "\"error\":{\"type\":\"invalid_request_"
						       "error\",\"message\":\"x\"}}}}\n" LINE(
							       "c", "{\"input_tokens\":30,\"cache_"
								    "creation_input_tokens\":1,"
								    "\"output_tokens\":70,"
								    "\"service_tier\":\"batch\"}"),
	      "id=msgbatch_1 | batch=1 model=m tier=batch in=8 out=7 read=5 batch=2 batch=3 in=39 "
	      "out=77 write=1 streamed");
	/* One line, and a type that does not say that it is a line. */
	batch(200, JSON, LINE("a", "{\"input_tokens\":3,\"output_tokens\":7}"),
	      "id=msgbatch_1 | batch=1 model=m in=3 out=7");
	batch(200, JSONL, "", "id=msgbatch_1 |");
	batch(404, JSON, "{\"type\":\"error\",\"error\":{\"type\":\"not_found_error\"}}",
	      "id=msgbatch_1 | error=not_found_error");
}

/* More than fits is not known. */
static void test_batch_overflow(void **state)
{
	batch(200, JSONL,
	      LINE("a", "{\"input_tokens\":9223372036854775807,\"output_tokens\":1}")
		      LINE("b", "{\"input_tokens\":1,\"output_tokens\":1}")
			      LINE("c", "{\"input_tokens\":1,\"output_tokens\":1}"),
	      "id=msgbatch_1 | batch=1 model=m in=9223372036854775807 out=1 batch=2 out=2 batch=3 "
	      "out=3 streamed");
}

static const struct dialect *match(const char *method, const char *path)
{
	struct http_head q = {.method = span_str(method), .path = span_str(path)};

	return dialect__match(&q);
}

static void test_match(void **state)
{
	const struct dialect *d = match("GET", "/v1/messages/batches/b/results");

	assert_non_null(d);
	assert_int_equal(dialect__kind(d), DIALECT_FETCH);
	assert_string_equal(dialect__operation(d), "fetch_response");
	assert_null(match("POST", "/v1/messages/batches"));
	assert_null(match("POST", "/v1/messages/batches/b/results"));
	assert_null(match("GET", "/v1/messages/batches/b"));
	assert_null(match("GET", "/v1/messages/batches/results"));
	assert_null(match("GET", "/v1/messages/batches//results"));
	assert_null(match("GET", "/v1/messages/batches/a/b/results"));
	assert_null(match("GET", "/v1/messages"));
	assert_string_equal(dialect__api(match("POST", "/v1/messages/count_tokens")),
			    "anthropic.count_tokens");
	assert_string_equal(dialect__api(match("POST", "/v1/complete")), "anthropic.complete");
	assert_null(match("POST", "/v1/autocomplete"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_count_tokens), cmocka_unit_test(test_complete),
		cmocka_unit_test(test_batch),	     cmocka_unit_test(test_batch_overflow),
		cmocka_unit_test(test_match),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
#include "dialect_facts.h"

#define JSON "application/json"

static void at(const char *path, int status, const char *request, const char *response,
	       const char *want)
{
	struct exchange x = {
		.path = path,
		.host = "api.replicate.com",
		.status = status,
		.request = request,
		.type = JSON,
		.response = response,
	};

	facts_are(&x, want);
}

static void test_predictions(void **state)
{
	at("/v1/predictions", 201, "{\"version\":\"ac73\",\"input\":{\"prompt\":\"p\",\"seed\":3}}",
	   "{\"id\":\"i\",\"model\":\"o/n\",\"status\":\"starting\",\"error\":null,\"logs\":\"\"}",
	   "ask=ac73 seed=3 | id=i model=o/n pending=1");
	at("/v1/models/o/n/predictions", 201,
	   "{\"version\":\"x\",\"stream\":true,\"input\":{\"max_new_tokens\":5}}",
	   "{\"id\":\"i\",\"model\":\"o/"
	   "n\",\"status\":\"succeeded\",\"output\":[\"a\"],\"metrics\":"
	   "{\"input_token_count\":3,\"output_token_count\":2,\"predict_time\":0.5}}",
	   "stream=1 max=5 ask=o/n | id=i model=o/n pending=0 finish[0]=succeeded in=3 out=2");
	at("/v1/deployments/o/d/predictions/", 201, NULL,
	   "{\"status\":\"failed\",\"error\":\"out of memory\"}",
	   "ask=o/d | pending=0 finish[0]=failed says=out of memory error=_OTHER");
	at("/v1/predictions", 401, NULL, "{\"title\":\"Unauthenticated\",\"detail\":\"no token\"}",
	   "| says=no token");
}

static const char *operation(const char *method, const char *host, const char *path)
{
	struct http_head q = {
		.method = span_str(method),
		.path = span_str(path),
		.authority = span_str(host),
	};
	const struct dialect *d = dialect__match(&q);

	return d ? dialect__operation(d) : "";
}

static void test_match(void **state)
{
	static const char host[] = "api.replicate.com";

	assert_string_equal(operation("GET", host, "/v1/predictions/i"), "fetch_response");
	assert_string_equal(operation("POST", host, "/v1/predictions"), "generate_content");
	assert_string_equal(operation("GET", host, "/v1/predictions"), "");
	assert_string_equal(operation("GET", host, "/v1/predictions/"), "");
	assert_string_equal(operation("GET", host, "/v1/predictions/i/x"), "");
	assert_string_equal(operation("POST", host, "/v1/predictions/i/cancel"), "");
	assert_string_equal(operation("GET", host, "/v1/models/o/n"), "");
	assert_string_equal(operation("POST", "weather.example", "/v1/predictions"), "");
	assert_string_equal(operation("GET", "weather.example", "/v1/predictions/i"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_predictions),
		cmocka_unit_test(test_match),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
#include "session_facts.h"

/* --- Responses --- */

#define CODEX .path = "/backend-api/codex/responses", .host = "chatgpt.com"
#define CREATE(fields) ">{\"type\":\"response.create\"," fields "}"
#define CREATED(id) \
	"<{\"type\":\"response.created\",\"response\":{\"id\":\"" id "\",\"model\":\"m-1\"}}"
#define DELTA "<{\"type\":\"response.output_text.delta\",\"delta\":\"x\"}"
#define COMPLETED(id, in, out)                                                                 \
	"<{\"type\":\"response.completed\",\"response\":{\"id\":\"" id "\",\"model\":\"m-1\"," \
	"\"status\":\"completed\",\"usage\":{\"input_tokens\":" in ",\"output_tokens\":" out "}}}"

static void test_responses(void **state)
{
	const struct session s = {
		CODEX,
		.messages =
			{
				CREATE("\"model\":\"m\",\"input\":[],\"temperature\":0.5,"
				       "\"client_metadata\":{\"thread_id\":\"t\"}"),
				CREATED("r1"),
				"<{\"type\":\"codex.rate_limits\",\"plan_type\":\"plus\"}",
				"<{\"type\":\"response.output_item.done\",\"item\":{\"type\":"
				"\"function_call\",\"call_id\":\"c\",\"name\":\"f\"}}",
				DELTA,
				COMPLETED("r1", "1", "2"),
				/* the fields in another order, the same model, a result */
				">{\"model\":\"m\",\"previous_response_id\":\"r1\",\"input\":["
				"{\"type\":\"function_call_output\",\"call_id\":\"c\"}],\"type\":"
				"\"response.create\"}",
				CREATED("r2"),
				COMPLETED("r2", "3", "2"),
			},
	};

	session_is(&s, "#1 begin=10 conv=t ask=m temp=0.5 id=r1 model=m-1 tool[0]=f#c OUTPUT "
		       "finish[0]=completed pending=0 in=1 out=2 DONE end=60 "
		       "#2 begin=70 ask=m previous=r1 result=c id=r2 model=m-1 "
		       "finish[0]=completed pending=0 in=3 out=2 DONE end=90");
}

/* Where the end of an answer is lost, the next one is still of its own request. */
static void test_end_lost(void **state)
{
	const struct session s = {
		CODEX,
		.messages =
			{
				CREATE("\"model\":\"m\""),
				CREATED("r1"),
				DELTA,
				"<",
				CREATE("\"model\":\"n\""),
				CREATED("r2"),
				COMPLETED("r2", "3", "4"),
				CREATE("\"model\":\"o\""),
				CREATED("r3"),
				COMPLETED("r3", "5", "6"),
			},
	};

	session_is(&s, "#1 begin=10 ask=m id=r1 model=m-1 OUTPUT "
		       "#2 begin=50 ask=n "
		       "#1 end=60 "
		       "#2 id=r2 model=m-1 finish[0]=completed pending=0 in=3 out=4 DONE end=70 "
		       "#3 begin=80 ask=o id=r3 model=m-1 finish[0]=completed pending=0 in=5 out=6 "
		       "DONE end=100");
}

/* What fills the cache is no call, nor is what the server says of it. */
static void test_prewarm(void **state)
{
	const struct session s = {
		CODEX,
		.messages =
			{
				CREATE("\"generate\":false,\"model\":\"m\",\"input\":[]"),
				CREATE("\"model\":\"n\""),
				CREATED("r0"),
				COMPLETED("r0", "9", "0"),
				CREATED("r1"),
				COMPLETED("r1", "1", "2"),
				/* nobody asked */
				DELTA,
				"<{\"type\":\"error\",\"error\":{\"code\":\"late\"}}",
				">{\"type\":\"session.ping\",\"model\":\"x\"}",
			},
	};

	session_is(&s, "#1 begin=20 ask=n id=r1 model=m-1 finish[0]=completed pending=0 in=1 out=2 "
		       "DONE end=60");
}

static void test_responses_errors(void **state)
{
	const struct session s = {
		CODEX,
		.messages =
			{
				CREATE("\"model\":\"m\""),
				"<{\"type\":\"error\",\"status\":429,\"error\":{\"type\":"
				"\"usage_limit_reached\",\"message\":\"m\"},\"headers\":{\"a\":1}}",
				CREATE("\"model\":\"m\""),
				"<{\"type\":\"error\",\"status\":503,\"error\":{},\"headers\":{}}",
				CREATE("\"model\":\"m\""),
				"<{\"type\":\"response.failed\",\"response\":{\"id\":\"r\","
				"\"status\":"
				"\"failed\",\"error\":{\"code\":\"server_error\",\"message\":\"x\"}"
				"}}",
				CREATE("\"model\":\"m\""),
				"<{\"type\":\"response.incomplete\",\"response\":{\"status\":"
				"\"incomplete\",\"incomplete_details\":{\"reason\":"
				"\"max_output_tokens\"}}}",
				/* the request was lost */
				">",
				CREATED("r9"),
				COMPLETED("r9", "5", "6"),
			},
	};

	session_is(
		&s,
		"#1 begin=10 ask=m says=m error=usage_limit_reached end=20 "
		"#2 begin=30 ask=m error=503 end=40 "
		"#3 begin=50 ask=m id=r finish[0]=failed pending=0 says=x error=server_error DONE "
		"end=60 #4 begin=70 ask=m finish[0]=max_output_tokens pending=0 DONE end=80 "
		"#5 begin=100 id=r9 model=m-1 finish[0]=completed pending=0 in=5 out=6 DONE "
		"end=110");
}

/* --- Realtime --- */

#define REALTIME .path = "/v1/realtime", .host = "api.openai.com"
#define SESSION "<{\"type\":\"session.created\",\"session\":{\"model\":\"gpt-realtime\"}}"
#define STARTED(id)                                                  \
	"<{\"type\":\"response.created\",\"response\":{\"id\":\"" id \
	"\",\"status\":\"in_progress\"}}"
#define SOUND(name, id) \
	"<{\"type\":\"response." name ".delta\",\"response_id\":\"" id "\",\"delta\":\"AA\"}"
#define OVER(id, more) \
	"<{\"type\":\"response.done\",\"response\":{\"id\":\"" id "\",\"status\":" more "}}"
#define USED(in, out)                                                                       \
	"\"usage\":{\"total_tokens\":9,\"input_tokens\":" in ",\"output_tokens\":" out      \
	",\"input_token_details\":{\"audio_tokens\":1,\"cached_tokens\":2,\"cached_tokens_" \
	"details\""                                                                         \
	":{\"audio_tokens\":2}},\"output_token_details\":{\"text_tokens\":3}}"
#define USED_FACTS(in, out) "in_audio=1 read_audio=2 out_text=3 in=" in " out=" out " read=2"

static void test_realtime(void **state)
{
	const struct session s = {
		REALTIME,
		.query = "x&intent=&model=gpt-rt&model=other",
		.messages =
			{
				SESSION,
				">{\"type\":\"session.update\",\"session\":{\"output_modalities\":"
				"[\"audio\"],\"max_output_tokens\":\"inf\"}}",
				">{\"type\":\"conversation.item.create\",\"item\":{\"type\":"
				"\"message\"}}",
				">{\"type\":\"response.create\",\"response\":{\"max_output_"
				"tokens\":"
				"50}}",
				"<{\"type\":\"conversation.item.added\"}",
				STARTED("r1"),
				SOUND("output_audio", "r1"),
				SOUND("output_audio_transcript", "r1"),
				OVER("r1", "\"completed\",\"output\":[{\"type\":\"message\"},"
					   "{\"type\":\"function_call\",\"call_id\":\"c\",\"name\":"
					   "\"f\"}]," USED("5", "6")),
				">{\"type\":\"conversation.item.create\",\"item\":{\"type\":"
				"\"function_call_output\",\"call_id\":\"c\"}}",
				">{\"type\":\"response.create\"}",
				STARTED("r2"),
				OVER("r2", "\"completed\"," USED("5", "7")),
			},
	};

	session_is(
		&s,
		"ask=gpt-rt model=gpt-realtime type=speech #1 begin=40 max=50 id=r1 OUTPUT "
		"OUTPUT finish[0]=completed " USED_FACTS(
			"5", "6") " tool[0]=f#c DONE end=90 "
				  "#0 result=c #2 begin=110 id=r2 finish[0]=completed " USED_FACTS(
					  "5", "7") " DONE end=130");
}

/* The server hears that speech stopped and answers unasked; the names of the beta. */
static void test_realtime_vad(void **state)
{
	const struct session s = {
		REALTIME,
		.messages =
			{
				SESSION,
				">{\"type\":\"input_audio_buffer.append\",\"audio\":\"AA\"}",
				"<{\"type\":\"input_audio_buffer.speech_started\"}",
				"<{\"type\":\"input_audio_buffer.speech_stopped\"}",
				"<{\"type\":\"input_audio_buffer.committed\"}",
				STARTED("r1"),
				SOUND("audio", "r1"),
				"<{\"type\":\"conversation.item.input_audio_transcription.delta\","
				"\"delta\":\"x\"}",
				OVER("r1",
				     "\"cancelled\",\"status_details\":{\"type\":\"cancelled\","
				     "\"reason\":\"turn_detected\"}"),
				STARTED("r2"),
				OVER("r2", "\"incomplete\",\"status_details\":{\"reason\":"
					   "\"content_filter\"}"),
				STARTED("r3"),
				OVER("r3", "\"failed\",\"status_details\":{\"error\":{\"type\":"
					   "\"server_error\",\"code\":\"boom\"}}"),
			},
	};

	session_is(&s, "ask=gpt-realtime model=gpt-realtime #1 begin=40 id=r1 OUTPUT "
		       "finish[0]=cancelled DONE end=90 #2 begin=100 id=r2 "
		       "finish[0]=content_filter DONE end=110 #3 begin=120 id=r3 finish[0]=failed "
		       "error=boom DONE end=130");
}

static void test_realtime_parallel(void **state)
{
	const struct session s = {
		REALTIME,
		.messages =
			{
				">{\"type\":\"response.create\",\"event_id\":\"e1\"}",
				">{\"type\":\"response.create\",\"event_id\":\"e2\"}",
				STARTED("a"),
				STARTED("b"),
				SOUND("text", "b"),
				SOUND("output_text", "a"),
				OVER("b", "\"completed\",\"usage\":{\"input_tokens\":1,"
					  "\"output_tokens\":2,\"output_token_details\":"
					  "{\"reasoning_tokens\":1}}"),
				OVER("a", "\"completed\",\"usage\":{\"input_tokens\":1}"),
				/* one of another event, one of this */
				">{\"type\":\"response.create\",\"event_id\":\"e3\"}",
				"<{\"type\":\"error\",\"error\":{\"code\":\"x\",\"event_id\":"
				"\"e9\"}}",
				"<{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_"
				"error\","
				"\"code\":\"busy\",\"event_id\":\"e3\"}}",
				/* what was asked for is lost, and so is the beginning */
				"<",
				OVER("z", "\"completed\",\"usage\":{\"input_tokens\":8}"),
			},
	};

	session_is(&s, "#1 begin=10 #2 begin=20 #1 id=a #2 id=b OUTPUT #1 OUTPUT "
		       "#2 finish[0]=completed in=1 out=2 think=1 DONE end=70 "
		       "#1 finish[0]=completed in=1 DONE end=80 #3 begin=90 error=busy end=110 "
		       "#4 begin=130 id=z finish[0]=completed in=8 DONE end=130");
}

/* More than is followed: no turn, and nothing else is disturbed. */
static void test_many(void **state)
{
	struct session s = {REALTIME};
	char want[600] = "";
	size_t i;

	for (i = 0; i < 18; i++) {
		s.messages[i] = ">{\"type\":\"response.create\"}";
		if (i < 16)
			sprintf(want + strlen(want), "%s#%zu begin=%zu", i ? " " : "", i + 1,
				(i + 1) * 10);
	}
	s.messages[18] = STARTED("a");
	s.messages[19] = OVER("a", "\"completed\"");
	strcat(want, " #1 id=a finish[0]=completed DONE end=200");
	session_is(&s, want);
}

static const char *api(const char *path, const char *header, const char *value)
{
	const struct http_header h = {span_str(header), span_str(value)};
	const struct http_head q = {
		.method = SPAN_LIT("GET"),
		.path = span_str(path),
		.headers = &h,
		.n_headers = 1,
	};
	const struct dialect *d = dialect__match(&q);

	return d ? dialect__api(d) : "";
}

static void test_match(void **state)
{
	assert_string_equal(api("/v1/responses", "upgrade", "websocket"), "openai.responses");
	assert_string_equal(api("/v1/responses", "Sec-WebSocket-Version", "13"),
			    "openai.responses");
	assert_string_equal(api("/v1/responses", "upgrade", "h2c"), "");
	assert_string_equal(api("/v1/realtime", "upgrade", "WebSocket"), "openai.realtime");
	assert_string_equal(api("/openai/realtime", "upgrade", "websocket"), "openai.realtime");
	assert_string_equal(api("/voice-live/realtime", "upgrade", "websocket"), "openai.realtime");
	assert_string_equal(api("/realtime/v1/websocket", "upgrade", "websocket"), "");
	assert_string_equal(api("/v1/realtime", "accept", "text/html"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_responses),
		cmocka_unit_test(test_end_lost),
		cmocka_unit_test(test_prewarm),
		cmocka_unit_test(test_responses_errors),
		cmocka_unit_test(test_realtime),
		cmocka_unit_test(test_realtime_vad),
		cmocka_unit_test(test_realtime_parallel),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_match),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

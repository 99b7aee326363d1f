// SPDX-License-Identifier: Apache-2.0
#include "dialect_facts.h"

#define SSE "text/event-stream"
#define JSON "application/json; charset=UTF-8"

static void call(const char *path, const char *request, const char *type, const char *response,
		 const char *want)
{
	struct exchange x = {
		.path = path,
		.host = "generativelanguage.googleapis.com",
		.request = request,
		.type = type,
		.response = response,
	};

	facts_are(&x, want);
}

static void answer_of(const char *path, const char *asked, const char *type, const char *response,
		      const char *want)
{
	char line[512];

	snprintf(line, sizeof(line), "%s |%s%s", asked, *want ? " " : "", want);
	call(path, NULL, type, response, line);
}

static void answer(const char *response, const char *want)
{
	answer_of("/v1beta/models/m:generateContent", "ask=m", JSON, response, want);
}

static void stream(const char *type, const char *response, const char *want)
{
	answer_of("/v1beta/models/m:streamGenerateContent", "stream=1 ask=m", type, response, want);
}

static void test_request(void **state)
{
	static const char path[] = "/v1beta/models/m:generateContent";

	call(path,
	     "{\"contents\":[{\"parts\":[{\"text\":\"q "
	     "{\\\"topP\\\":1}\"}]}],\"model\":\"models/other\","
	     "\"generationConfig\":{\"temperature\":0.5,\"topP\":0.9,\"topK\":40,"
	     "\"candidateCount\":2,\"maxOutputTokens\":99,\"seed\":7,\"stopSequences\":[\"a\","
	     "\"b\"],"
	     "\"frequencyPenalty\":0.25,\"presencePenalty\":-1,\"responseMimeType\":"
	     "\"application/json\",\"thinkingConfig\":{\"thinkingLevel\":\"LOW\"}},"
	     "\"serviceTier\":\"flex\"}",
	     NULL, NULL,
	     "temp=0.5 top_p=0.9 top_k=40 n=2 max=99 seed=7 stop=a stop=b freq=0.25 pres=-1 "
	     "type=json effort=LOW ask_tier=flex ask=m |");
	call(path,
	     "{\"generation_config\":{\"top_p\":0.9,\"top_k\":4,\"candidate_count\":2,"
	     "\"max_output_tokens\":9,\"stop_sequences\":[\"a\"],\"frequency_penalty\":1,"
	     "\"presence_penalty\":2,\"response_mime_type\":\"text/plain\",\"response_modalities\":"
	     "[\"TEXT\",\"AUDIO\"],\"thinking_config\":{\"thinking_level\":\"high\"}}}",
	     NULL, NULL,
	     "top_p=0.9 top_k=4 n=2 max=9 stop=a freq=1 pres=2 type=text type=speech effort=high "
	     "ask=m |");
	call(path, "{\"generationConfig\":{\"responseModalities\":[2]}}", NULL, NULL,
	     "type=image ask=m |");
	call("/v1beta/models/m:streamGenerateContent", "", NULL, NULL, "stream=1 ask=m |");
	call("/v1beta/models/m:streamGenerateContent/", "", NULL, NULL, "stream=1 ask=m |");
}

static void test_model(void **state)
{
	static const struct {
		const char *path, *want;
	} cases[] = {
		{"/v1beta/models/gemini-2.5-pro:generateContent", "ask=gemini-2.5-pro |"},
		{"/v1/models/a%2Fb:generateContent", "ask=a/b |"},
		{"/v1/models/m%3AgenerateContent", "ask=m |"},
		{"/v1beta/tunedModels/t-1:generateContent", "ask=t-1 |"},
		{"/v1/projects/p/locations/l/endpoints/123:generateContent", "ask=123 |"},
		{"/v1/publishers/google/models/m:generateContent", "ask=m |"},
		{"/proxy/models/x/v1/projects/p/locations/l/publishers/google/models/m:"
		 "generateContent",
		 "ask=m |"},
		{"/v1internal:generateContent", "|"},
		{":generateContent", "|"},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		call(cases[i].path, "{}", NULL, NULL, cases[i].want);
}

static void test_paths(void **state)
{
	static const struct {
		const char *path, *api, *operation; /* NULL: no model call */
	} cases[] = {
		{"/v1beta/models/m:generateContent", "gemini.generate", "generate_content"},
		{"/v1beta/dynamic/d:streamGenerateContent", "gemini.generate", "generate_content"},
		{"/v1beta/models/m:embedContent", "gemini.embed", "embeddings"},
		{"/v1beta/models/m:countTokens", "gemini.count_tokens", "count_tokens"},
		{"/v1/publishers/google/models/textembedding-gecko:predict", "vertex.predict",
		 "embeddings"},
		{"/v1beta/models/imagen-4.0:predict", "vertex.predict", "generate_content"},
		{"/v1beta/models/veo-3:predictLongRunning", "vertex.predict", "generate_content"},
		{"/v1/publishers/meta/models/m:rawPredict", "vertex.predict", "chat"},
		{"/v1/projects/p/locations/l/endpoints/1:predict", NULL, NULL},
		{"/v1/projects/p/locations/l/endpoints/1:rawPredict", NULL, NULL},
		{"/v1beta/models/m:batchGenerateContent", NULL, NULL},
		{"/v1beta/models/m:generateContents", NULL, NULL},
		{"/v1beta/models/m/generateContent", NULL, NULL},
		{"/v1beta/x:generateContent/y", NULL, NULL},
		{"/v1beta/models/m", NULL, NULL},
		{"/v1beta/cachedContents", NULL, NULL},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct http_head h = {.method = SPAN_LIT("POST"), .path = span_str(cases[i].path)};
		const struct dialect *d = dialect__match(&h);

		if (!cases[i].api) {
			assert_null(d);
			continue;
		}
		assert_non_null(d);
		assert_string_equal(dialect__api(d), cases[i].api);
		assert_string_equal(dialect__operation(d), cases[i].operation);
	}
}

static void test_results(void **state)
{
	/* Only what is new since the model's last turn, from any of a content's parts. */
	call("/v1beta/models/m:generateContent",
	     "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"functionResponse\":{\"id\":\"c0\"}}]}"
	     ","
	     "{\"role\":\"model\",\"parts\":[{\"functionCall\":{\"id\":\"c1\"}}]},"
	     "{\"role\":\"user\",\"parts\":[{\"functionResponse\":{\"name\":\"f\",\"id\":\"c1\","
	     "\"response\":{\"id\":\"no\"}}},{\"text\":\"t\"},{\"function_response\":{\"id\":"
	     "\"c2\"}},"
	     "{\"functionResponse\":{\"name\":\"none\"}}]}]}",
	     NULL, NULL, "result=c1 result_of=f result=c2 result_of=none ask=m |");
}

static void test_whole(void **state)
{
	answer("{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"t\"}],\"role\":\"model\"},"
	       "\"finishReason\":\"STOP\",\"avgLogprobs\":-0.1}],\"usageMetadata\":"
	       "{\"promptTokenCount\":10,\"candidatesTokenCount\":4,\"totalTokenCount\":20,"
	       "\"cachedContentTokenCount\":3,\"thoughtsTokenCount\":5,\"toolUsePromptTokenCount\":"
	       "1,\"promptTokensDetails\":[{\"modality\":\"TEXT\",\"tokenCount\":6},{"
	       "\"tokenCount\":"
	       "4,\"modality\":\"IMAGE\"},{\"modality\":\"VIDEO\",\"tokenCount\":9},{\"modality\":"
	       "\"AUDIO\"}],\"cacheTokensDetails\":[{\"modality\":1,\"tokenCount\":3}],"
	       "\"candidatesTokensDetails\":[{\"modality\":\"AUDIO\",\"tokenCount\":4}],"
	       "\"serviceTier\":\"standard\"},\"modelVersion\":\"m-1\",\"responseId\":\"r\"}",
	       "finish[0]=STOP tool_use=1 in_text=6 in_image=4 read_text=3 out_audio=4 "
	       "tier=standard model=m-1 id=r in=10 out=9 read=3 think=5");
	/* snake_case, numbers for enums, two candidates of which one says which it is */
	answer("{\"candidates\":[{\"index\":1,\"finish_reason\":2},{\"finish_reason\":1,\"index\":"
	       "0},"
	       "{\"finish_reason\":0,\"index\":2}],\"usage_metadata\":{\"prompt_token_count\":1,"
	       "\"candidates_token_count\":2,\"thoughts_token_count\":3,"
	       "\"cached_content_token_count\":0,\"tool_use_prompt_token_count\":4,"
	       "\"prompt_tokens_details\":[{\"modality\":\"TEXT\",\"token_count\":1}]},"
	       "\"model_version\":\"v\",\"response_id\":\"r\"}",
	       "finish[1]=2 finish[0]=1 tool_use=4 in_text=1 model=v id=r in=1 out=5 read=0 "
	       "think=3");
	answer("{\"promptFeedback\":{\"blockReason\":\"SAFETY\"},\"usageMetadata\":"
	       "{\"promptTokenCount\":3}}",
	       "blocked=SAFETY in=3");
	/* Nothing but thoughts; a sum that no number holds. */
	answer("{\"usageMetadata\":{\"promptTokenCount\":3,\"thoughtsTokenCount\":8}}",
	       "in=3 out=8 think=8");
	answer("{\"usageMetadata\":{\"candidatesTokenCount\":9223372036854775807,"
	       "\"thoughtsTokenCount\":1}}",
	       "think=1");
	answer("{}", "");
	answer("", "");
}

#define CHUNK(text, more)                                             \
	"{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"" text \
	"\"}],\"role\":\"model\"},\"index\":0" more "\"modelVersion\":\"v\",\"responseId\":\"r\"}"
#define FIRST CHUNK("a", "}],\"usageMetadata\":{\"promptTokenCount\":5,\"thoughtsTokenCount\":2},")
#define SECOND CHUNK("", "}],\"usageMetadata\":{\"candidatesTokenCount\":1},")
#define LAST                                                                                       \
	CHUNK("b", ",\"finishReason\":\"MAX_TOKENS\"}],\"usageMetadata\":{\"promptTokenCount\":5," \
		   "\"candidatesTokenCount\":4,\"thoughtsTokenCount\":2},")
#define STREAMED                                                                               \
	"model=v id=r in=5 out=2 think=2 OUTPUT out=3 finish[0]=MAX_TOKENS out=6 OUTPUT DONE " \
	"streamed"

static void test_stream(void **state)
{
	/* usage so far in each chunk; what one leaves out stays */
	stream(SSE, "data: " FIRST "\r\n\r\ndata: " SECOND "\r\n\r\ndata: " LAST "\r\n\r\n",
	       STREAMED);
	stream(JSON, "[" FIRST "\n,\r\n" SECOND "\n,\r\n" LAST "\n]\n", STREAMED);
	/* broken off */
	stream(JSON, "[" FIRST "\n,\r\n{\"cand",
	       "model=v id=r in=5 out=2 think=2 OUTPUT streamed "
	       "damaged");
	stream(JSON, "[]", "streamed");
}

static void test_errors(void **state)
{
	static const char error[] =
		"{\"error\":{\"code\":429,\"message\":\"m\",\"status\":\"RESOURCE_EXHAUSTED\","
		"\"details\":[{\"type\":\"no\"}]}}";
	struct exchange x = {
		.path = "/v1beta/models/m:streamGenerateContent",
		.host = "generativelanguage.googleapis.com",
		.status = 429,
		.type = JSON,
		.response = error,
	};
	char text[1024];

	facts_are(&x, "stream=1 ask=m | says=m error=RESOURCE_EXHAUSTED");
	snprintf(text, sizeof(text), "[%s\n]", error);
	x.response = text;
	facts_are(&x, "stream=1 ask=m | says=m error=RESOURCE_EXHAUSTED");
	/* in the middle of streams that were fine so far */
	snprintf(text, sizeof(text), "[%s,%s]", SECOND, error);
	stream(JSON, text, "model=v id=r out=1 says=m error=RESOURCE_EXHAUSTED streamed");
	snprintf(text, sizeof(text), "data: %s\r\n\r\ndata: %s\r\n\r\n", SECOND, error);
	stream(SSE, text, "model=v id=r out=1 says=m error=RESOURCE_EXHAUSTED streamed");
}

#define CALL(call) "{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":" call "}]}}]}"

static void test_tools(void **state)
{
	answer("{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"name\":\"f\","
	       "\"args\":"
	       "{\"name\":\"no\"}}},{\"functionCall\":{\"args\":{},\"name\":\"f\",\"id\":\"c\"}},"
	       "{\"toolCall\":{\"id\":\"s\",\"toolType\":\"GOOGLE_SEARCH\"}},{\"function_call\":"
	       "{\"name\":\"g\"}}]}}]}",
	       "tool[0]=f tool[1]=f#c tool[2]=g");
	/* Each chunk's calls are its own, be they alike. */
	stream(SSE,
	       "data: " CALL("{\"name\":\"f\"}") "\n\ndata: " CALL(
		       "{\"name\":\"f\",\"id\":\"\"}") "\n\n",
	       "tool[0]=f OUTPUT tool[1]=f OUTPUT streamed");
	/* arguments bit by bit */
	stream(SSE,
	       "data: " CALL(
		       "{\"name\":\"f\",\"id\":\"c\",\"willContinue\":true}") "\n\n"
									      "data: " CALL(
										      "{\"partialA"
										      "rgs\":[{"
										      "\"jsonPath"
										      "\":\"$.a\","
										      "\"stringVal"
										      "ue\":\"x\"}"
										      "],"
										      "\"willConti"
										      "nue\":"
										      "true}") "\n"
											       "\n"
											       "da"
											       "ta"
											       ":"
											       " " CALL(
												       "{\"id\":\"c\",\"name\":\"f\",\"willContinue\":true}") "\n\n"
																			      "data: " CALL(
																				      "{}") "\n\n",
	       "tool[0]=f#c OUTPUT OUTPUT streamed");
}

static void test_output(void **state)
{
	static const struct {
		const char *part;
		bool output;
	} cases[] = {
		{"\"text\":\"x\"", true},
		{"\"text\":\"\"", false},
		{"\"text\":\"x\",\"thought\":true", true},
		{"\"thoughtSignature\":\"x\"", false},
		{"\"inlineData\":{\"mimeType\":\"audio/pcm\",\"data\":\"x\"}", true},
		{"\"inline_data\":{\"mimeType\":\"audio/pcm\",\"data\":\"\"}", false},
		{"\"fileData\":{\"fileUri\":\"gs://x\"}", true},
		{"\"executableCode\":{\"language\":\"PYTHON\",\"code\":\"1\"}", true},
		{"\"codeExecutionResult\":{\"outcome\":\"OUTCOME_OK\",\"output\":\"1\"}", false},
	};
	char text[512];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text),
			 "data: {\"candidates\":[{\"content\":{\"parts\":[{%s}]}}]}\n\n",
			 cases[i].part);
		stream(SSE, text, cases[i].output ? "OUTPUT streamed" : "streamed");
	}
}

static void test_code_assist(void **state)
{
	call("/v1internal:streamGenerateContent",
	     "{\"model\":\"gemini-2.5-pro\",\"project\":\"p\",\"user_prompt_id\":\"u\",\"request\":"
	     "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"functionResponse\":{\"id\":\"c\"}}]}]"
	     ","
	     "\"generationConfig\":{\"topP\":1},\"session_id\":\"s-1\"}}",
	     SSE,
	     "data: {\"response\":" FIRST ",\"traceId\":\"t\"}\n\ndata: {\"response\":" LAST
	     "}\n\n",
	     "stream=1 ask=gemini-2.5-pro result=c top_p=1 conv=s-1 | model=v id=r in=5 out=2 "
	     "think=2 OUTPUT finish[0]=MAX_TOKENS out=6 OUTPUT DONE streamed");
	call("/v1internal:generateContent", "{\"request\":{},\"model\":\"m\"}", JSON,
	     "{\"error\":{\"code\":403,\"message\":\"no\",\"status\":\"PERMISSION_DENIED\"}}",
	     "ask=m | says=no error=PERMISSION_DENIED");
}

static void test_embeddings(void **state)
{
	call("/v1beta/models/e:batchEmbedContents",
	     "{\"requests\":[{\"model\":\"models/e\",\"outputDimensionality\":768}]}", JSON,
	     "{\"embeddings\":[{\"values\":[0.5]}],\"usageMetadata\":{\"promptTokenCount\":4,"
	     "\"promptTokenDetails\":[{\"modality\":\"IMAGE\",\"tokenCount\":4}]}}",
	     "dims=768 ask=e | in_image=4 in=4");
	call("/v1/projects/p/locations/l/publishers/google/models/e:embedContent",
	     "{\"embedContentConfig\":{\"outputDimensionality\":2}}", JSON,
	     "{\"embedding\":{\"values\":[0.5]}}", "dims=2 ask=e |");
	call("/v1/projects/p/locations/l/publishers/google/models/text-embedding-005:predict",
	     "{\"instances\":[{\"content\":\"a\"},{\"content\":\"b\"}],\"parameters\":"
	     "{\"outputDimensionality\":3}}",
	     JSON,
	     "{\"predictions\":[{\"embeddings\":{\"statistics\":{\"token_count\":5}}},{"
	     "\"embeddings\":"
	     "{\"statistics\":{\"truncated\":false,\"token_count\":6}}}]}",
	     "dims=3 ask=text-embedding-005 | in=11");
}

static void test_count(void **state)
{
	call("/v1beta/models/m:countTokens", "{\"contents\":[]}", JSON,
	     "{\"totalTokens\":12,\"promptTokensDetails\":[{\"modality\":\"TEXT\",\"tokenCount\":"
	     "12}]}",
	     "ask=m | counted=12");
	call("/v1internal:countTokens", "{\"request\":{\"model\":\"models/m\",\"contents\":[]}}",
	     JSON, "{\"total_tokens\":1}", "ask=m | counted=1");
}

static void test_predict(void **state)
{
	call("/v1/projects/p/locations/l/publishers/google/models/text-bison:predict", NULL, JSON,
	     "{\"predictions\":[{\"content\":\"t\"}],\"metadata\":{\"tokenMetadata\":"
	     "{\"inputTokenCount\":{\"totalTokens\":4},\"outputTokenCount\":{\"totalTokens\":2}}}}",
	     "ask=text-bison | in=4 out=2");
	call("/v1/projects/p/locations/l/publishers/mistralai/models/"
	     "mistral-large:streamRawPredict",
	     "{\"model\":\"mistral-large-2411\",\"stream\":true}", SSE,
	     "data: "
	     "{\"id\":\"1\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}"
	     ","
	     "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}"
	     "\n\ndata: [DONE]\n\n",
	     "stream=1 ask=mistral-large-2411 stream=1 | id=1 model=m finish[0]=stop in=1 out=2 "
	     "OUTPUT "
	     "DONE streamed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),	   cmocka_unit_test(test_model),
		cmocka_unit_test(test_paths),	   cmocka_unit_test(test_results),
		cmocka_unit_test(test_whole),	   cmocka_unit_test(test_stream),
		cmocka_unit_test(test_errors),	   cmocka_unit_test(test_tools),
		cmocka_unit_test(test_output),	   cmocka_unit_test(test_code_assist),
		cmocka_unit_test(test_embeddings), cmocka_unit_test(test_count),
		cmocka_unit_test(test_predict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

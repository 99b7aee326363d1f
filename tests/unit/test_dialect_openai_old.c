// SPDX-License-Identifier: Apache-2.0
/* OpenAI's APIs beside chat and responses: completions, embeddings, moderations, images, audio. */
#include "dialect_facts.h"

#define SSE "text/event-stream"
#define JSON "application/json"
#define FORM "content-type: multipart/form-data; boundary=B"
#define FIELD(name, value) \
	"--B\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" value "\r\n"

static void at(const char *path, const char *request, const char *type, const char *response,
	       const char *want)
{
	struct exchange x = {
		.path = path,
		.host = "llm.example",
		.request = request,
		.type = type,
		.response = response,
	};

	facts_are(&x, want);
}

static void form(const char *path, const char *request, const char *type, const char *response,
		 const char *want)
{
	struct exchange x = {
		.path = path,
		.host = "llm.example",
		.headers = FORM,
		.request = request,
		.type = type,
		.response = response,
	};

	facts_are(&x, want);
}

static void test_completions(void **state)
{
	at("/v1/completions",
	   "{\"model\":\"m\",\"prompt\":[\"a\",\"b\"],\"max_tokens\":5,\"n\":2,\"stop\":[\"x\"],"
	   "\"seed\":1}",
	   JSON,
	   "{\"id\":\"cmpl\",\"object\":\"text_completion\",\"model\":\"m-1\",\"choices\":["
	   "{\"text\":\"t\",\"index\":0,\"finish_reason\":\"stop\"},{\"text\":\"u\",\"index\":1,"
	   "\"finish_reason\":\"length\"}],\"usage\":{\"prompt_tokens\":1,"
	   "\"completion_tokens\":2,\"total_tokens\":3}}",
	   "ask=m max=5 n=2 stop=x seed=1 | id=cmpl model=m-1 finish[0]=stop finish[1]=length in=1 "
	   "out=2");
	at("/openai/deployments/d/completions", "{\"prompt\":\"a\",\"stream\":true}", SSE,
	   "data: {\"object\":\"text_completion.chunk\",\"choices\":[{\"index\":0,\"text\":\"\","
	   "\"finish_reason\":null}]}\n\n"
	   "data: {\"choices\":[{\"index\":0,\"text\":\"x\",\"finish_reason\":\"stop\"}]}\n\n"
	   "data: [DONE]\n\n",
	   "stream=1 ask=d | finish[0]=stop OUTPUT DONE streamed");
	/* A search that completes what one types. */
	at("/api/completions", "{\"query\":\"ho\"}", JSON, "{\"choices\":[{\"text\":\"house\"}]}",
	   "| unproved");
	at("/v1/completions", "{\"model\":\"m\",\"prompt\":\"x\"}", JSON,
	   "{\"error\":{\"type\":\"t\",\"message\":\"x\"}}", "ask=m | says=x error=t");
	at("/v1/completions", "{\"model\":\"m\",\"prompt\":\"x\"}", JSON,
	   "{\"object\":\"error\",\"message\":\"x\",\"type\":\"NotFoundError\",\"code\":404}",
	   "ask=m | says=x error=NotFoundError");
}

static void test_embeddings(void **state)
{
	at("/v1/embeddings",
	   "{\"input\":[\"a\"],\"model\":\"e\",\"dimensions\":256,\"encoding_format\":\"base64\"}",
	   JSON,
	   "{\"object\":\"list\",\"data\":[{\"embedding\":[0.1,0.2]}],\"model\":\"e-1\","
	   "\"usage\":{\"prompt_tokens\":5,\"total_tokens\":5}}",
	   "ask=e dims=256 encoding=base64 | model=e-1 in=5");
	at("/v1/embeddings", "{\"input\":\"a\",\"model\":\"v\",\"output_dimension\":8}", JSON,
	   "{\"model\":\"v\",\"usage\":{\"total_tokens\":7}}", "ask=v dims=8 | model=v total=7");
	at("/maps/embeddings", "{\"model\":\"globe\"}", JSON, "{\"data\":[]}",
	   "ask=globe | unproved");
	at("/maps/embeddings", "{\"model\":\"e\",\"input\":\"x\"}", NULL, NULL, "ask=e |");
}

static void test_moderations(void **state)
{
	at("/v1/moderations", "{\"input\":\"x\"}", JSON,
	   "{\"id\":\"modr-1\",\"model\":\"m\",\"results\":[{\"flagged\":false,\"categories\":"
	   "{\"hate\":false}}]}",
	   "| id=modr-1 model=m");
	at("/forum/moderations", "{\"post\":1}", JSON, "{\"results\":[{\"flagged\":true}]}",
	   "| unproved");
}

static void test_images(void **state)
{
	static const char usage[] =
		"{\"created\":1,\"data\":[{\"b64_json\":\"A\"}],\"usage\":{\"total_tokens\":100,"
		"\"input_tokens\":50,\"output_tokens\":50,\"input_tokens_details\":"
		"{\"text_tokens\":10,\"image_tokens\":40}}}";

	at("/v1/images/generations", "{\"model\":\"i\",\"prompt\":\"cat\",\"n\":2}", JSON, usage,
	   "type=image ask=i n=2 | in_text=10 in_image=40 in=50 out=50");
	form("/v1/images/edits",
	     FIELD("prompt", "a hat") FIELD("model", "i") FIELD("stream", "true")
		     FIELD("n", "3") "--B\r\nContent-Disposition: form-data; name=\"image\"; "
				     "filename=\"p.png\"\r\n"
				     "\r\n\r\n--B\r\n\x89PNG--\r\n--B--\r\n",
	     SSE,
	     "event: image_edit.partial_image\n"
	     "data: {\"type\":\"image_edit.partial_image\",\"b64_json\":\"A\"}\n\n"
	     "event: image_edit.completed\n"
	     "data: {\"type\":\"image_edit.completed\",\"b64_json\":\"A\",\"usage\":"
	     "{\"input_tokens\":1,\"output_tokens\":2}}\n\n",
	     "type=image ask=i stream=1 n=3 | OUTPUT in=1 out=2 OUTPUT DONE streamed");
	at("/gallery/images/generations", "{\"page\":2}", JSON, "{\"data\":[]}",
	   "type=image | unproved");
}

static void test_audio(void **state)
{
	static const char request[] = FIELD("model", "t") FIELD("stream", "true")
		FIELD("response_format", "json") "--B\r\nContent-Disposition: form-data; "
						 "name=\"file\"; filename=\"a.wav\"\r\n\r\n"
						 "model\r\n--B--\r\n";

	form("/v1/audio/transcriptions", request, SSE,
	     "data: {\"type\":\"transcript.text.delta\",\"delta\":\"x\"}\n\n"
	     "data: {\"type\":\"transcript.text.done\",\"text\":\"x\",\"usage\":{\"type\":"
	     "\"tokens\",\"input_tokens\":14,\"input_token_details\":{\"text_tokens\":0,"
	     "\"audio_tokens\":14},\"output_tokens\":45,\"total_tokens\":59}}\n\n",
	     "ask=t stream=1 type=json | OUTPUT in_text=0 in_audio=14 in=14 out=45 DONE streamed");
	form("/v1/audio/transcriptions", request, JSON,
	     "{\"text\":\"x\",\"usage\":{\"type\":\"duration\",\"seconds\":3}}",
	     "ask=t stream=1 type=json | seconds=3");
	form("/v1/audio/translations",
	     FIELD("model", "w") FIELD("response_format", "verbose_json") "--B--\r\n", JSON,
	     "{\"task\":\"translate\",\"duration\":8.5,\"text\":\"x\"}",
	     "ask=w type=json | seconds=8.5");
	form("/v1/audio/transcriptions",
	     FIELD("model", "w") FIELD("response_format", "srt") "--B--\r\n", "text/plain",
	     "1\n00:00:00,000 --> 00:00:01,000\nx\n", "ask=w type=text |");
	at("/v1/audio/speech",
	   "{\"model\":\"s\",\"input\":\"x\",\"voice\":\"alloy\",\"response_format\":\"mp3\"}",
	   "audio/mpeg", "\xff\xfb\x90\x44", "type=speech ask=s encoding=mp3 |");
	at("/v1/audio/speech", "{\"model\":\"s\",\"voice\":{\"id\":\"v\"}}", SSE,
	   "data: {\"type\":\"speech.audio.delta\",\"audio\":\"AA\"}\n\n"
	   "data: {\"type\":\"speech.audio.done\",\"usage\":{\"input_tokens\":4,"
	   "\"output_tokens\":9,\"total_tokens\":13}}\n\n",
	   "type=speech ask=s | OUTPUT in=4 out=9 DONE streamed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_completions), cmocka_unit_test(test_embeddings),
		cmocka_unit_test(test_moderations), cmocka_unit_test(test_images),
		cmocka_unit_test(test_audio),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

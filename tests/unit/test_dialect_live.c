// SPDX-License-Identifier: Apache-2.0
#include "session_facts.h"

#define GEMINI                                                                                   \
	.path = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent", \
	.host = "generativelanguage.googleapis.com"
#define USAGE(in, out)                                                               \
	"\"usageMetadata\":{\"promptTokenCount\":" in ",\"responseTokenCount\":" out \
	",\"responseTokensDetails\":[{\"modality\":\"AUDIO\",\"tokenCount\":" out "}]}"
#define ASK \
	">{\"clientContent\":{\"turns\":[{\"parts\":[{\"text\":\"q\"}]}],\"turnComplete\":true}}"
#define AUDIO                                                                                   \
	"<{\"serverContent\":{\"modelTurn\":{\"parts\":[{\"inlineData\":{\"mimeType\":\"audio/" \
	"pcm\","                                                                                \
	"\"data\":\"x\"}}]}}}"
#define COMPLETE(in, out) "<{\"serverContent\":{\"turnComplete\":true}," USAGE(in, out) "}"
#define CALL "{\"toolCall\":{\"functionCalls\":[{\"name\":\"f\",\"args\":{},\"id\":\"c\"}]}"
#define RESULT                                                                                     \
	">{\"toolResponse\":{\"functionResponses\":[{\"id\":\"c\",\"response\":{\"id\":\"no\"}}]}" \
	"}"

static void test_setup(void **state)
{
	struct session s = {
		GEMINI,
		.messages =
			{
				">{\"setup\":{\"model\":\"models/m\",\"generationConfig\":"
				"{\"responseModalities\":[\"AUDIO\"],\"temperature\":0.5}}}",
				"<{\"setupComplete\":{}}",
				"<{\"sessionResumptionUpdate\":{\"newHandle\":\"h\"}}",
				"<{\"serverContent\":{}}",
				">{\"client_content\":{\"turns\":[],\"turn_complete\":false}}",
			},
	};

	session_is(&s, "ask=m type=speech temp=0.5");
	s = (struct session){
		.path = "/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent",
		.host = "us-central1-aiplatform.googleapis.com",
		.messages = {">{\"setup\":{\"model\":"
			     "\"projects/p/locations/l/publishers/google/models/m\"}}"},
	};
	session_is(&s, "ask=m");
}

static void test_turns(void **state)
{
	const struct session s = {
		GEMINI,
		.messages =
			{
				ASK,
				"<{\"serverContent\":{\"outputTranscription\":{\"text\":\"a\"}}}",
				AUDIO,
				"<{\"serverContent\":{\"generationComplete\":true}}",
				"<{\"serverContent\":{\"turnComplete\":true},\"usageMetadata\":"
				"{\"promptTokenCount\":5,\"responseTokenCount\":2,"
				"\"thoughtsTokenCount\":3}}",
				"<{\"usageMetadata\":{\"promptTokenCount\":9}}",
				ASK,
				AUDIO,
				COMPLETE("7", "4"),
			},
	};

	session_is(&s, "#1 begin=10 OUTPUT OUTPUT in=5 out=5 think=3 DONE end=50 "
		       "#2 begin=70 OUTPUT out_audio=4 in=7 out=4 DONE end=90");
}

/* The tool's part belongs to the turn, unless it was billed by itself. */
static void test_tools(void **state)
{
	const struct session one = {
		GEMINI,
		.messages = {ASK, "<" CALL "}", RESULT, AUDIO, COMPLETE("5", "2")},
	};
	const struct session with = {
		GEMINI,
		.messages = {ASK, "<" CALL "," USAGE("3", "1") "}", RESULT, AUDIO,
			     COMPLETE("5", "2")},
	};
	const struct session behind = {
		GEMINI,
		.messages = {ASK, "<" CALL "}", "<{" USAGE("3", "1") "}", RESULT, AUDIO,
			     COMPLETE("5", "2")},
	};

	session_is(&one, "#1 begin=10 tool[0]=f#c OUTPUT result=c OUTPUT out_audio=2 in=5 out=2 "
			 "DONE end=50");
	session_is(&with, "#1 begin=10 out_audio=1 in=3 out=1 tool[0]=f#c OUTPUT DONE end=20 "
			  "#2 begin=30 result=c OUTPUT out_audio=2 in=5 out=2 DONE end=50");
	session_is(&behind, "#1 begin=10 tool[0]=f#c OUTPUT out_audio=1 in=3 out=1 DONE end=30 "
			    "#2 begin=40 result=c OUTPUT out_audio=2 in=5 out=2 DONE end=60");
}

static void test_voice(void **state)
{
	static const char mic[] =
		">{\"realtime_input\":{\"audio\":{\"data\":\"x\",\"mimeType\":\"audio/pcm\"}}}";
	const struct session heard = {
		GEMINI,
		.messages = {mic, mic,
			     "<{\"serverContent\":{\"inputTranscription\":{\"text\":\"hi\"}}}", mic,
			     AUDIO, COMPLETE("5", "2"), mic, AUDIO, COMPLETE("6", "1")},
	};
	const struct session said = {
		GEMINI,
		.messages = {">{\"realtimeInput\":{\"activityStart\":{}}}", mic,
			     ">{\"realtimeInput\":{\"activityEnd\":{}}}", AUDIO, COMPLETE("5", "2"),
			     ">{\"realtimeInput\":{\"text\":\"t\"}}", AUDIO, COMPLETE("6", "1")},
	};

	session_is(&heard, "#1 begin=30 OUTPUT out_audio=2 in=5 out=2 DONE end=60 "
			   "#2 begin=80 OUTPUT out_audio=1 in=6 out=1 DONE end=90");
	session_is(&said, "#1 begin=30 OUTPUT out_audio=2 in=5 out=2 DONE end=50 "
			  "#2 begin=60 OUTPUT out_audio=1 in=6 out=1 DONE end=80");
}

/* Asked again while it speaks: the old turn ends by itself, the new one began with the question. */
static void test_interrupted(void **state)
{
	const struct session s = {
		GEMINI,
		.messages = {ASK, AUDIO, ASK, "<{\"serverContent\":{\"interrupted\":true}}",
			     COMPLETE("5", "2"), AUDIO,
			     "<{\"serverContent\":{\"turnComplete\":true,\"turnCompleteReason\":"
			     "\"NEED_MORE_INPUT\"}}"},
	};

	session_is(&s,
		   "#1 begin=10 OUTPUT finish[0]=interrupted out_audio=2 in=5 out=2 DONE end=50 "
		   "#2 begin=30 OUTPUT finish[0]=NEED_MORE_INPUT DONE end=70");
}

static void test_gap(void **state)
{
	const struct session s = {
		GEMINI,
		.messages = {ASK, AUDIO, "<", ASK, AUDIO, COMPLETE("5", "2")},
	};

	session_is(&s, "#1 begin=10 OUTPUT end=40 #2 begin=40 OUTPUT out_audio=2 in=5 out=2 DONE "
		       "end=60");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_setup),	    cmocka_unit_test(test_turns),
		cmocka_unit_test(test_tools),	    cmocka_unit_test(test_voice),
		cmocka_unit_test(test_interrupted), cmocka_unit_test(test_gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

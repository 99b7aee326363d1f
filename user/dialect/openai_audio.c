// SPDX-License-Identifier: Apache-2.0
/* OpenAI's audio: transcriptions and translations take a form with the recording, speech takes JSON
 * and answers with sound, or with events. Mistral's and Groq's transcriptions, too. */
#include "dialect/openai.h"

enum {
	OWN_TYPE = OPENAI_OWN,
	OWN_OUTPUT,
	OWN_TEXT,
	OWN_FORMAT,
	OWN_VOICE,
	OWN_OBJECT,
};

struct audio {
	bool text, deltas;
	bool voice;
};

/* --- transcriptions --- */

static const struct json_path request_top[] = {
	JSON_PATH("model", FACT_REQUEST_MODEL, JSON_SCALAR),
	JSON_PATH("stream", FACT_REQUEST_STREAM, JSON_SCALAR),
	JSON_PATH("temperature", FACT_REQUEST_TEMPERATURE, JSON_SCALAR),
	JSON_PATH("response_format", OWN_FORMAT, JSON_SCALAR),
};
static const struct json_path request = JSON_ROOT(request_top);

static const struct wire_field form[] = {
	{"model", FACT_REQUEST_MODEL},
	{"stream", FACT_REQUEST_STREAM},
	{"temperature", FACT_REQUEST_TEMPERATURE},
	{"response_format", OWN_FORMAT},
	{0},
};

static const struct json_path details[] = {
	JSON_PATH("text_tokens", FACT_INPUT_TEXT_TOKENS, JSON_SCALAR),
	JSON_PATH("audio_tokens", FACT_INPUT_AUDIO_TOKENS, JSON_SCALAR),
	JSON_PATH("cached_tokens", WIRE_CACHE_READ, JSON_SCALAR),
};
static const struct json_path usage[] = {
	JSON_PATH("input_tokens", WIRE_INPUT, JSON_SCALAR),
	JSON_PATH("output_tokens", WIRE_OUTPUT, JSON_SCALAR),
	JSON_KIDS("input_token_details", 0, 0, details),
	JSON_PATH("seconds", FACT_AUDIO_SECONDS, JSON_SCALAR), /* Whisper: {"type":"duration"} */
	/* Mistral */
	JSON_PATH("prompt_tokens", WIRE_INPUT, JSON_SCALAR),
	JSON_PATH("completion_tokens", WIRE_OUTPUT, JSON_SCALAR),
	JSON_PATH("prompt_audio_seconds", FACT_AUDIO_SECONDS, JSON_SCALAR),
	JSON_PATH("cost", FACT_COST_USD, JSON_SCALAR), /* OpenRouter */
};
static const struct json_path answer_top[] = {
	JSON_PATH("type", OWN_TYPE, JSON_SCALAR),
	JSON_PATH("delta", OWN_OUTPUT, JSON_SEEN), /* transcript.text.delta */
	JSON_PATH("text", OWN_TEXT, JSON_SEEN),
	JSON_PATH("audio", OWN_OUTPUT, JSON_SEEN),		/* speech.audio.delta */
	JSON_PATH("audio_data", OWN_OUTPUT, JSON_SEEN),		/* the same, Mistral */
	JSON_PATH("duration", FACT_AUDIO_SECONDS, JSON_SCALAR), /* verbose_json */
	JSON_PATH("model", FACT_RESPONSE_MODEL, JSON_SCALAR),
	JSON_KIDS("usage", 0, 0, usage),
	JSON_PATH("object", OWN_OBJECT, JSON_SCALAR),
	OPENAI_ERROR_PATHS,
};
static const struct json_path answer = JSON_ROOT(answer_top);

static bool match_transcriptions(const struct http_head *h, struct span path)
{
	return span_ends(path, SPAN_LIT("/audio/transcriptions")) ||
	       span_ends(path, SPAN_LIT("/audio/translations"));
}

static void request_value(struct dialect_reader *r, const struct json_value *v)
{
	struct audio *s = r->own;

	if (v->id == OWN_VOICE)
		s->voice = true;
	if (v->id != OWN_FORMAT || v->type != JSON_STRING)
		return;
	/* json, verbose_json, diarized_json; the rest are texts with or without times */
	wire__text(r, FACT_REQUEST_OUTPUT_TYPE,
		   span_ends(v->text, SPAN_LIT("json")) ? SPAN_LIT("json") : SPAN_LIT("text"),
		   false, 0);
}

static void asked_transcription(struct dialect_reader *r)
{
	if (openai__has_model(r))
		wire__prove(r);
}

static void answer_value(struct dialect_reader *r, const struct json_value *v)
{
	struct audio *s = r->own;

	if (v->id == OWN_OUTPUT)
		r->output = true;
	else if (v->id == OWN_TEXT)
		s->text = true;
	if (v->event != JSON_IS || v->type != JSON_STRING)
		return;
	if (v->id == OWN_TYPE) {
		/* transcript.text.done, transcription.done, speech.audio.done */
		r->done |= span_ends(v->text, SPAN_LIT(".done"));
		if (span_eq(v->text, SPAN_LIT("error")))
			r->errors.object = true;
	} else if (v->id == OWN_OBJECT && span_eq(v->text, SPAN_LIT("error"))) {
		r->errors.object = true;
	}
}

static void document(struct dialect_reader *r)
{
	struct audio *s = r->own;

	/* Mistral's deltas have "text"; what is done repeats it all. */
	s->deltas |= r->output;
	r->output |= s->text && (!r->done || !s->deltas);
	s->deltas |= r->output;
	s->text = false;
}

const struct dialect dialect_openai_transcriptions = {
	.api = "openai.audio",
	.operation = "audio",
	.flavour = "openai",
	.weak = true,
	.own_size = sizeof(struct audio),
	.match = match_transcriptions,
	.path_model = openai__deployment,
	.form = form,
	.request = &request,
	.answer = &answer,
	.request_value = request_value,
	.asked = asked_transcription,
	.answer_value = answer_value,
	.document = document,
};

/* --- speech --- */

static const struct json_path speech_top[] = {
	JSON_PATH("model", FACT_REQUEST_MODEL, JSON_SCALAR),
	JSON_PATH("voice", OWN_VOICE, JSON_SEEN),
	JSON_PATH("response_format", FACT_REQUEST_ENCODING_FORMAT, JSON_SCALAR),
};
static const struct json_path speech_request = JSON_ROOT(speech_top);

static bool match_speech(const struct http_head *h, struct span path)
{
	return span_ends(path, SPAN_LIT("/audio/speech"));
}

static void begin_speech(struct dialect_reader *r, const struct http_head *h)
{
	wire__text(r, FACT_REQUEST_OUTPUT_TYPE, SPAN_LIT("speech"), false, 0);
}

static void asked_speech(struct dialect_reader *r)
{
	const struct audio *s = r->own;

	if (s->voice && openai__has_model(r))
		wire__prove(r);
}

const struct dialect dialect_openai_speech = {
	.api = "openai.audio",
	.operation = "audio",
	.flavour = "openai",
	.weak = true,
	.own_size = sizeof(struct audio),
	.match = match_speech,
	.path_model = openai__deployment,
	.begin = begin_speech,
	.request = &speech_request,
	.answer = &answer,
	.request_value = request_value,
	.asked = asked_speech,
	.answer_value = answer_value,
	.document = document,
};

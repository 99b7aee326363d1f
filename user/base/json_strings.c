// SPDX-License-Identifier: Apache-2.0
#include "base/json_strings.h"

enum {
	BEGIN, /* nothing but blanks came */
	BETWEEN,
	INSIDE,	 /* a string */
	ESCAPED, /* behind its backslash */
	BEHIND,	 /* a string, which a colon would make a key */
	NO_JSON,
};

/* Of base64, and of its URL-safe kind. A backslash, too: some write each slash with one, some break
 * lines. */
static const bool in_run[256] = {
	['0' ... '9'] = true, ['a' ... 'z'] = true, ['A' ... 'Z'] = true,
	['+'] = true,	      ['/'] = true,	    ['='] = true,
	['-'] = true,	      ['_'] = true,	    ['\\'] = true,
};

static void end_run(struct json_strings *s)
{
	if (s->run < JSON_STRINGS_RUN)
		s->string += s->run;
	s->run = 0;
}

static void in_string(struct json_strings *s, uint8_t c)
{
	if (in_run[c]) {
		s->run++;
		return;
	}
	end_run(s);
	s->string++;
}

void json_strings__feed(struct json_strings *s, struct span in)
{
	size_t i;

	for (i = 0; i < in.n && s->state != NO_JSON; i++) {
		uint8_t c = in.p[i];
		bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';

		switch (s->state) {
		case INSIDE:
			if (c == '"') {
				end_run(s);
				s->state = BEHIND;
				break;
			}
			in_string(s, c);
			if (c == '\\')
				s->state = ESCAPED;
			break;
		case ESCAPED:
			in_string(s, c);
			s->state = INSIDE;
			break;
		default:
			if (blank)
				break;
			if (s->state == BEGIN && c != '{' && c != '[') {
				s->state = NO_JSON;
				break;
			}
			if (s->state == BEHIND)
				*(c == ':' ? &s->key_bytes : &s->text_bytes) += s->string;
			s->string = 0;
			s->state = c == '"' ? INSIDE : BETWEEN;
		}
	}
}

uint64_t json_strings__bytes(const struct json_strings *s)
{
	uint64_t open = s->state == INSIDE || s->state == ESCAPED ? s->string : 0;

	return s->text_bytes + open + (open && s->run < JSON_STRINGS_RUN ? s->run : 0);
}

// SPDX-License-Identifier: Apache-2.0
#include "capture/scrub_hpack.h"

#define STATIC_NAMES 61 /* RFC 7541, Appendix A */
#define INTEGER_BITS 24 /* longer lengths do not occur: frames are shorter */
#define TORN_OCTET 0

enum hpack_state {
	IN_FIELD, /* a representation begins */
	IN_INDEX,
	IN_NAME_LENGTH, /* its first octet */
	IN_NAME_LENGTH_MORE,
	IN_NAME,
	IN_VALUE_LENGTH,
	IN_VALUE_LENGTH_MORE,
	IN_VALUE,
	IN_TORN, /* nobody knows where */
};

/* What a field's value is. */
enum hpack_field {
	FIELD_SECRET, /* or not known */
	FIELD_OPEN,
	FIELD_URL,
};

/* RFC 7541, Appendix B: the codes are canonical, so symbols in their order and how many there are
 * of each length say it all. Those with more than 15 bits are left out: no name and no URL has
 * them. */
#define CODE_MIN 5
#define CODE_MAX 15
static const struct span symbols[] = {
	SPAN_LIT("012aceiost"),
	SPAN_LIT(" %-./3456789=A_bdfghlmnpru"),
	SPAN_LIT(":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz"),
	SPAN_LIT("&*,;XZ"),
	SPAN_LIT(""),
	SPAN_LIT("!\"()?"),
	SPAN_LIT("'+|"),
	SPAN_LIT("#>"),
	SPAN_LIT("\0$@[]~"),
	SPAN_LIT("^}"),
	SPAN_LIT("<`{"),
};

/* SECRET_MASK in upper case: its 8 bits fill any number of octets, since what is left over is less
 * than 8 bits, the most that padding may have (RFC 7541, 5.2). A shorter symbol would make more
 * of them than there were. */
#define MASK_CODE 0xfc
#define MASK_BITS 8

#define MORE (-1)
#define NONE (-2)

/* Takes a bit and returns the symbol that it completes, MORE, or NONE where there is none. */
static int symbol(struct scrub_hpack *h, unsigned int bit)
{
	unsigned int first = 0, n;

	h->code = (uint16_t)(h->code << 1 | bit);
	h->code_n++;
	for (n = CODE_MIN; n <= h->code_n && n <= CODE_MAX; n++) {
		const struct span *s = &symbols[n - CODE_MIN];

		if (n == h->code_n && h->code - first < s->n) {
			int c = s->p[h->code - first];

			h->code = h->code_n = 0;
			return c;
		}
		first = (first + (unsigned int)s->n) << 1;
	}
	return h->code_n < CODE_MAX ? MORE : NONE;
}

static enum hpack_field static_field(uint32_t index)
{
	static const struct {
		uint8_t index;
		enum hpack_field field;
	} others[] = {
		{4, FIELD_URL},	    /* :path */
		{5, FIELD_URL},	    /* … */
		{23, FIELD_SECRET}, /* authorization */
		{29, FIELD_URL},    /* content-location */
		{32, FIELD_SECRET}, /* cookie */
		{46, FIELD_URL},    /* location */
		{49, FIELD_SECRET}, /* proxy-authorization */
		{51, FIELD_URL},    /* referer */
		{55, FIELD_SECRET}, /* set-cookie */
	};
	size_t i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (others[i].index == index)
			return others[i].field;
	return FIELD_OPEN;
}

static enum hpack_field field_at(const struct scrub_hpack *h, uint32_t index)
{
	if (index <= STATIC_NAMES)
		return static_field(index);
	index -= STATIC_NAMES + 1;
	if (index >= h->known)
		return FIELD_SECRET;
	return (enum hpack_field)
		h->names[(h->newest + SCRUB_HPACK_NAMES - index) % SCRUB_HPACK_NAMES];
}

static enum hpack_field field_named(const struct scrub_hpack *h)
{
	if (h->unknown || track__names_secret(&h->text))
		return FIELD_SECRET;
	if (track__names_url(&h->text) || span_eq(track__word(&h->text), SPAN_LIT(":path")))
		return FIELD_URL;
	return FIELD_OPEN;
}

static void value_end(struct scrub_hpack *h)
{
	h->state = IN_FIELD;
	if (!h->insert)
		return;
	h->newest = (h->newest + 1) % SCRUB_HPACK_NAMES;
	h->names[h->newest] = h->field;
	if (h->known < SCRUB_HPACK_NAMES)
		h->known++;
}

static void string_begin(struct scrub_hpack *h)
{
	bool name = h->state < IN_NAME;

	h->left = h->number;
	h->code = h->code_n = 0;
	h->unknown = h->filling = false;
	if (name) {
		h->state = IN_NAME;
		h->text = (struct track){0};
		if (!h->left)
			scrub_hpack__lose(h); /* no field has no name */
		return;
	}
	h->state = IN_VALUE;
	track__url_start(&h->text);
	if (!h->left)
		value_end(h);
}

static void index_end(struct scrub_hpack *h)
{
	h->field = (uint8_t)field_at(h, h->number);
	h->state = h->number ? IN_VALUE_LENGTH : IN_NAME_LENGTH;
}

/* RFC 7541, 5.1: begins an integer of so many bits. True: it is complete. */
static bool integer_begin(struct scrub_hpack *h, uint8_t c, unsigned int bits)
{
	h->number = c & ((1U << bits) - 1);
	h->shift = 0;
	return h->number != (1U << bits) - 1;
}

static bool integer_more(struct scrub_hpack *h, uint8_t c)
{
	if (h->shift >= INTEGER_BITS) {
		scrub_hpack__lose(h);
		return false;
	}
	h->number += (uint32_t)(c & 0x7f) << h->shift;
	h->shift += 7;
	return !(c & 0x80);
}

/* RFC 7541, 6: which representation an octet begins. */
static void field_begin(struct scrub_hpack *h, uint8_t c)
{
	bool whole;

	h->insert = false;
	if (c & 0x80 || (c & 0xe0) == 0x20) {
		/* A field as it is in the table, or the table's size: no string follows. */
		whole = integer_begin(h, c, c & 0x80 ? 7 : 5);
		h->field = FIELD_OPEN;
		h->state = whole ? IN_FIELD : IN_INDEX;
		h->left = 0; /* marks it */
		return;
	}
	h->insert = c & 0x40;
	h->left = 1;
	h->state = IN_INDEX;
	if (integer_begin(h, c, h->insert ? 6 : 4))
		index_end(h);
}

static void name_octet(struct scrub_hpack *h, uint8_t c)
{
	unsigned int bit = 8;
	int s;

	if (!h->huffman)
		track__word_add(&h->text, c);
	while (h->huffman && !h->unknown && bit--) {
		s = symbol(h, c >> bit & 1);
		if (s >= 0)
			track__word_add(&h->text, (uint8_t)s);
		h->unknown |= s == NONE;
	}
	if (--h->left)
		return;
	h->field = (uint8_t)field_named(h);
	h->state = IN_VALUE_LENGTH;
}

/* Takes a URL's octet; should it be masked? Here it is known where the URL ends, so that none of
 * the octets does which end one in a text. */
static bool url_octet(struct scrub_hpack *h, uint8_t c)
{
	if (track__hides(&h->text) && c != '&' && c != ';')
		return true;
	if (c > ' ' && !strchr("\"\\<>\x7f", c))
		track__step(&h->text, c);
	return false;
}

static unsigned int fill_bit(struct scrub_hpack *h)
{
	unsigned int bit = 1;

	if (h->fill_at || h->fill >= MASK_BITS) {
		bit = MASK_CODE >> (MASK_BITS - 1 - h->fill_at) & 1;
		h->fill_at = (h->fill_at + 1) % MASK_BITS;
	}
	h->fill--;
	return bit;
}

/* left is what comes after this octet. */
static uint8_t coded_url_octet(struct scrub_hpack *h, uint8_t c)
{
	unsigned int bit = 8, b, out = 0;
	bool hide;
	int s;

	while (bit--) {
		b = c >> bit & 1;
		hide = track__hides(&h->text);
		if (!h->filling && !hide) {
			s = symbol(h, b);
			if (s >= 0)
				url_octet(h, (uint8_t)s);
			else if (s == NONE) /* no URL; who knows what it is */
				h->text.state = AT_CLOSED;
		} else if (!h->filling) {
			h->filling = true;
			h->fill = h->left * 8 + bit + 1;
			h->fill_at = 0;
		}
		if (h->filling)
			b = fill_bit(h);
		out = out << 1 | b;
	}
	return (uint8_t)out;
}

static uint8_t value_octet(struct scrub_hpack *h, uint8_t c)
{
	h->left--;
	if (h->field == FIELD_SECRET)
		c = SECRET_MASK;
	else if (h->field == FIELD_URL && h->huffman)
		c = coded_url_octet(h, c);
	else if (h->field == FIELD_URL && url_octet(h, c))
		c = SECRET_MASK;
	if (!h->left)
		value_end(h);
	return c;
}

static void length_begin(struct scrub_hpack *h, uint8_t c)
{
	h->huffman = c & 0x80;
	h->state++;
	if (integer_begin(h, c, 7))
		string_begin(h);
}

void scrub_hpack__begin(struct scrub_hpack *h)
{
	if (h->state != IN_FIELD)
		h->known = 0;
	h->state = IN_FIELD;
}

uint8_t scrub_hpack__octet(struct scrub_hpack *h, uint8_t c)
{
	switch ((enum hpack_state)h->state) {
	case IN_FIELD:
		field_begin(h, c);
		return c;
	case IN_INDEX:
		if (integer_more(h, c)) {
			if (h->left)
				index_end(h);
			else
				h->state = IN_FIELD;
		}
		return c;
	case IN_NAME_LENGTH:
		length_begin(h, c);
		return c;
	case IN_VALUE_LENGTH:
		length_begin(h, c);
		return h->field == FIELD_SECRET ? c & 0x7f : c;
	case IN_NAME_LENGTH_MORE:
	case IN_VALUE_LENGTH_MORE:
		if (integer_more(h, c))
			string_begin(h);
		return c;
	case IN_NAME:
		name_octet(h, c);
		return c;
	case IN_VALUE:
		return value_octet(h, c);
	case IN_TORN:
		break;
	}
	return TORN_OCTET;
}

void scrub_hpack__end(struct scrub_hpack *h)
{
	if (h->state != IN_FIELD)
		scrub_hpack__lose(h);
}

void scrub_hpack__lose(struct scrub_hpack *h)
{
	h->state = IN_TORN;
	h->known = 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* scrub_track.h: what the scrubber knows of one direction of one connection: lines of HTTP/1
 * (scrub_h1.c), frames of HTTP/2 (scrub_h2.c) and their header blocks (scrub_hpack.c). For them and
 * scrub.c alone. out always has the room of in. */
#ifndef LLMSNOOP_SCRUB_TRACK_H
#define LLMSNOOP_SCRUB_TRACK_H

#include "base/secret.h"
#include "capture/scrub.h"

enum track_state {
	AT_START,    /* nothing seen yet, or the beginning of HTTP/2's preface */
	AT_LINE,     /* in the first word of a line: a header's name, a method */
	AT_COLON,    /* in the blanks before a header's colon */
	AT_URL,	     /* in the blanks before a header's URL */
	AT_TARGET,   /* in a request's target or a URL, before the query */
	AT_PARAM,    /* in a query parameter's name */
	AT_OPEN,     /* in a harmless parameter's value */
	AT_CLOSED,   /* in a secret parameter's value */
	AT_SCHEME,   /* at the beginning of a secret header's value */
	AT_SECRET,   /* in it */
	AT_FOLD,     /* behind its line end: a blank continues it */
	AT_REST,     /* nothing to hide before the line ends */
	AT_GUESS,    /* after a gap, while it may be the beginning of a message */
	AT_UNSURE,   /* after a gap, anywhere */
	AT_H2,	     /* in HTTP/2's frames */
	AT_H2_GUESS, /* where one of its frames may begin, while it may */
	AT_H2_LOST,  /* in HTTP/2, nobody knows where */
};

enum track_role {
	ROLE_UNKNOWN,
	ROLE_REQUEST,
	ROLE_RESPONSE,
};

/* One direction of one connection. */
struct track {
	uint8_t state; /* enum track_state */
	uint8_t role;  /* enum track_role */
	uint8_t n;     /* bytes in word; in AT_START matched of the preface */
	bool head;     /* between a message's first line and its empty line */
	bool auth;     /* the name holds "authorization" */
	bool content;  /* the line is not empty */
	uint32_t next; /* low half of the offset that continues what was seen */
	union {
		char word[SECRET_NAME_MAX + 1]; /* the last bytes of a name or method */
		uint32_t unsure;		/* bytes to mask at most */
	};
};

_Static_assert(sizeof(struct track) <= 40, "this is kept for every connection");

/* --- lines --------------------------------------------------------------------------------- */

/* A line begins. */
void track__line_start(struct track *t);
/* Nothing is to be hidden before the line ends. */
void track__rest(struct track *t);
/* Nobody knows where the next bytes belong. */
void track__unsure(struct track *t);
/* They may begin a message. */
void track__guess(struct track *t);
/* A URL begins: in HTTP/2, where it is a field's whole value. */
void track__url_start(struct track *t);
/* Takes one byte and says whether to mask it. */
bool track__step(struct track *t, uint8_t c);
/* Will the next byte be masked, unless it ends what is hidden? */
bool track__hides(const struct track *t);
void track__lines(struct track *t, const uint8_t *in, size_t n, uint8_t *out);

/* A header's or parameter's name comes in bytes. */
void track__word_clear(struct track *t);
void track__word_add(struct track *t, uint8_t c);
struct span track__word(const struct track *t);
/* Does the header of that name hold a secret, or a URL? */
bool track__names_secret(const struct track *t);
bool track__names_url(const struct track *t);

/* --- HTTP/2 -------------------------------------------------------------------------------- */

/* What is known of one direction's frames and header compression. */
struct scrub_h2;

/* -ENOMEM */
int scrub_h2__new(struct scrub_h2 **ret);
void scrub_h2__free(struct scrub_h2 *h); /* NULL is fine */
/* Scrubs bytes of frames: the first ones where one begins. False: they are none, as it turns out
 * where scrub_h2__guess was wrong; the rest of out is then zeros. */
bool scrub_h2__bytes(struct scrub_h2 *h, const uint8_t *in, size_t n, uint8_t *out);
/* Bytes are missing: lost, or 0 where nobody knows how many. False: nor where a frame begins. */
bool scrub_h2__gap(struct scrub_h2 *h, uint32_t lost);
/* A frame may begin here, of which nobody can be sure. Takes bytes while it may: returns how many
 * (the caller hides the next); ret_sure: all of its header was there, and it is one. */
size_t scrub_h2__guess(struct scrub_h2 *h, const uint8_t *in, size_t n, uint8_t *out,
		       bool *ret_sure);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* scrub_hpack.h: secrets in HTTP/2's header blocks (RFC 7541). For scrub_h2.c alone.
 *
 * A block is walked byte by byte, and what is masked keeps its octets, so that the block still
 * decodes, to the same fields otherwise:
 *   the value of a secret field is told to be without Huffman coding, and each octet is the mask;
 *   in a URL as octets, a secret parameter's value is masked as in HTTP/1;
 *   in a Huffman-coded URL, all behind the '=' of the first secret parameter is: symbols do not end
 *   where octets do, and what stands for the rest has to have as many bits.
 * A masked value decodes to no more octets than before, as long as Huffman coding was of use. Later
 * references into the table then stay right: entries count from the newest, and the larger one is,
 * the fewer old ones are left.
 *
 * Which field an index means is known from the names alone: no sizes, thus no evictions, are
 * counted, since a reference to what was evicted is an error that nobody can decode. After a loss
 * entries are known again from there on; the value of a name that is not known is masked. */
#ifndef LLMSNOOP_SCRUB_HPACK_H
#define LLMSNOOP_SCRUB_HPACK_H

#include "capture/scrub_track.h"

/* Names remembered. The table's usual size has room for 128. */
#define SCRUB_HPACK_NAMES 512

/* Zero-initialised for a connection's start. */
struct scrub_hpack {
	uint8_t state;	 /* enum hpack_state */
	uint8_t field;	 /* enum hpack_field */
	bool insert;	 /* the field enters the table */
	bool huffman;	 /* the string is coded */
	bool unknown;	 /* its name holds what no name does */
	bool filling;	 /* the rest of the string is the mask */
	uint8_t shift;	 /* of an integer's next octet */
	uint8_t code_n;	 /* bits of code */
	uint16_t code;	 /* of a symbol, so far */
	uint16_t newest; /* in names */
	uint16_t known;	 /* names */
	uint32_t number; /* an integer, so far */
	uint32_t left;	 /* octets of a string */
	uint32_t fill;	 /* bits to fill */
	uint8_t fill_at; /* of the symbol that fills */
	struct track text;
	uint8_t names[SCRUB_HPACK_NAMES]; /* enum hpack_field, a ring */
};

/* A block begins. */
void scrub_hpack__begin(struct scrub_hpack *h);
/* Its next octet; returns what is to be written for it. */
uint8_t scrub_hpack__octet(struct scrub_hpack *h, uint8_t c);
/* It is over. */
void scrub_hpack__end(struct scrub_hpack *h);
/* Octets of the block, or blocks, are missing: its rest is hidden. */
void scrub_hpack__lose(struct scrub_hpack *h);

#endif

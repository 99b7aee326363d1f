// SPDX-License-Identifier: Apache-2.0
/* Names in QUIC's first packets: packets are made here with the keys of RFC 9001, appendix A.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "capture/quic.h"
#include "capture/quic_initial.h"

#define V1 1
#define V2 0x6b3343cf

static const uint8_t cid[] = {0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08};

static void test_keys(void **state)
{
	/* RFC 9001, A.1 */
	static const uint8_t key[] = {0x1f, 0x36, 0x96, 0x13, 0xdd, 0x76, 0xd5, 0x46,
				      0x77, 0x30, 0xef, 0xcb, 0xe3, 0xb1, 0xa2, 0x2d};
	static const uint8_t iv[] = {0xfa, 0x04, 0x4b, 0x2f, 0x42, 0xa3,
				     0xfd, 0x3b, 0x46, 0xfb, 0x25, 0x5c};
	static const uint8_t hp[] = {0x9f, 0x50, 0x44, 0x9e, 0x04, 0xa0, 0xe8, 0x10,
				     0x28, 0x3a, 0x1e, 0x99, 0x33, 0xad, 0xed, 0xd2};
	struct quic_keys k;

	assert_int_equal(quic_keys__derive(span(cid, sizeof(cid)), V1, &k), 0);
	assert_memory_equal(k.key, key, sizeof(key));
	assert_memory_equal(k.iv, iv, sizeof(iv));
	assert_memory_equal(k.hp, hp, sizeof(hp));
	assert_int_not_equal(quic_keys__derive(span(cid, sizeof(cid)), 0xff00001d, &k), 0);
}

/* --- making packets --- */

static size_t put16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
	return 2;
}

/* A ClientHello with that name (NULL: none), of about so many bytes, the name at its end. */
static size_t hello(uint8_t *p, const char *name, size_t filler)
{
	size_t n = 4, ext, name_n = name ? strlen(name) : 0;

	n += put16(p + n, 0x0303);
	memset(p + n, 7, 32);
	n += 32;
	p[n++] = 0;
	n += put16(p + n, 2);
	n += put16(p + n, 0x1301);
	p[n++] = 1;
	p[n++] = 0;
	ext = n;
	n += 2;
	n += put16(p + n, 0x0033); /* key_share */
	n += put16(p + n, filler);
	memset(p + n, 9, filler);
	n += filler;
	if (name) {
		n += put16(p + n, 0);
		n += put16(p + n, name_n + 5);
		n += put16(p + n, name_n + 3);
		p[n++] = 0;
		n += put16(p + n, name_n);
		memcpy(p + n, name, name_n);
		n += name_n;
	}
	put16(p + ext, n - ext - 2);
	p[0] = 1;
	p[1] = 0;
	put16(p + 2, n - 4);
	return n;
}

static size_t crypto(uint8_t *p, size_t offset, struct span data)
{
	size_t n = 0;

	p[n++] = 6;
	n += put16(p + n, 0x4000 | offset);
	n += put16(p + n, 0x4000 | data.n);
	memcpy(p + n, data.p, data.n);
	return n + data.n;
}

/* A protected Initial packet that holds those frames; its number has number_n bytes. */
static size_t packet(uint8_t *p, uint32_t version, struct span frames, size_t number_n)
{
	uint8_t nonce[12], sample_mask[32];
	struct quic_keys k;
	EVP_CIPHER_CTX *c;
	size_t n = 0, at, i;
	int got;

	p[n++] = (uint8_t)((version == V2 ? 0xd0 : 0xc0) | (number_n - 1));
	n += put16(p + n, version >> 16);
	n += put16(p + n, version & 0xffff);
	p[n++] = sizeof(cid);
	memcpy(p + n, cid, sizeof(cid));
	n += sizeof(cid);
	p[n++] = 0; /* source id */
	p[n++] = 3; /* token */
	memset(p + n, 1, 3);
	n += 3;
	n += put16(p + n, 0x4000 | (number_n + frames.n + 16));
	at = n;
	for (i = 0; i < number_n; i++)
		p[n++] = (uint8_t)(i + 1 == number_n ? 2 : 0);
	assert_int_equal(quic_keys__derive(span(cid, sizeof(cid)), version, &k), 0);
	memcpy(nonce, k.iv, sizeof(nonce));
	nonce[11] ^= 2;
	c = EVP_CIPHER_CTX_new();
	EVP_EncryptInit_ex(c, EVP_aes_128_gcm(), NULL, k.key, nonce);
	EVP_EncryptUpdate(c, NULL, &got, p, (int)n);
	EVP_EncryptUpdate(c, p + n, &got, frames.p, (int)frames.n);
	n += frames.n;
	EVP_EncryptFinal_ex(c, p + n, &got);
	EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, 16, p + n);
	n += 16;
	EVP_CIPHER_CTX_free(c);
	c = EVP_CIPHER_CTX_new();
	EVP_EncryptInit_ex(c, EVP_aes_128_ecb(), NULL, k.hp, NULL);
	EVP_EncryptUpdate(c, sample_mask, &got, p + at + 4, 16);
	EVP_CIPHER_CTX_free(c);
	p[0] ^= sample_mask[0] & 0x0f;
	for (i = 0; i < number_n; i++)
		p[at + i] ^= sample_mask[1 + i];
	return n;
}

static size_t one(uint8_t *p, uint32_t version, const char *name, size_t number_n)
{
	uint8_t h[1200], frames[1300] = {0};
	size_t n = hello(h, name, 100);

	/* PING, the frame, padding */
	frames[0] = 1;
	n = 1 + crypto(frames + 1, 0, span(h, n));
	return packet(p, version, span(frames, n + 40), number_n);
}

static void test_name(void **state)
{
	static const uint32_t versions[] = {V1, V2};
	struct quic_hello h;
	struct span name;
	uint8_t p[2000];
	size_t n, number_n, i;

	for (i = 0; i < 2; i++) {
		for (number_n = 1; number_n <= 4; number_n++) {
			n = one(p, versions[i], "api.openai.com", number_n);
			h = (struct quic_hello){0};
			assert_true(span_eq(quic_initial__cid(span(p, n)), span(cid, sizeof(cid))));
			assert_int_equal(quic_hello__take(&h, span(p, n), &name), HELLO_NAME);
			assert_true(span_eq(name, SPAN_LIT("api.openai.com")));
		}
	}
	n = one(p, V1, NULL, 2);
	h = (struct quic_hello){0};
	assert_int_equal(quic_hello__take(&h, span(p, n), &name), HELLO_NAMELESS);
}

/* A ClientHello too long for one packet, its pieces in either order. */
static void test_pieces(void **state)
{
	uint8_t whole[2500], frames[1300], p[2][2000];
	size_t n = hello(whole, "generativelanguage.googleapis.com", 1700), size[2], order;
	struct quic_hello h;
	struct span name;

	size[0] = packet(p[0], V1, span(frames, crypto(frames, 0, span(whole, 1000))), 1);
	size[1] = packet(p[1], V1, span(frames, crypto(frames, 1000, span(whole + 1000, n - 1000))),
			 2);
	for (order = 0; order < 2; order++) {
		h = (struct quic_hello){0};
		assert_int_equal(quic_hello__take(&h, span(p[order], size[order]), &name),
				 HELLO_MORE);
		assert_int_equal(quic_hello__take(&h, span(p[!order], size[!order]), &name),
				 HELLO_NAME);
		assert_true(span_eq(name, SPAN_LIT("generativelanguage.googleapis.com")));
	}
}

/* Whatever is cut or changed is no packet; nothing is read out of bounds. */
static void test_broken(void **state)
{
	struct quic_hello h;
	uint8_t p[2000], copy[2000];
	struct span name;
	size_t n = one(p, V1, "a.example", 2), i;

	for (i = 0; i < n; i++) {
		uint8_t *cut = malloc(i + 1);

		memcpy(cut, p, i);
		h = (struct quic_hello){0};
		assert_int_equal(quic_hello__take(&h, span(cut, i), &name), HELLO_NO);
		free(cut);
		memcpy(copy, p, n);
		copy[i] ^= 0x40;
		h = (struct quic_hello){0};
		assert_int_not_equal(quic_hello__take(&h, span(copy, n), &name), HELLO_NAME);
	}
}

static bool count_looks(void *ctx, uint32_t pid)
{
	*(unsigned int *)ctx += pid == (uint32_t)getpid();
	return !pid;
}

/* Ever new names are named, but not all of them are looked for in /proc. */
static void test_many_names(void **state)
{
	static struct event_hello e = {.ts_ns = 1};
	struct capture_unseen u;
	unsigned int looks = 0;
	struct quic *q;
	char name[32];
	int i;

	assert_int_equal(quic__new(count_looks, &looks, &q), 0);
	for (i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "h%d.example", i);
		e.len = (uint32_t)one(e.bytes, V1, name, 2);
		assert_true(quic__take(q, &e, &u));
		assert_string_equal(u.host, name);
	}
	assert_int_equal(looks, 64);
	e.ts_ns += 10 * 1000000000ULL;
	e.len = (uint32_t)one(e.bytes, V1, "later.example", 2);
	assert_true(quic__take(q, &e, &u));
	assert_int_equal(looks, 65);
	quic__free(q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),	   cmocka_unit_test(test_name),
		cmocka_unit_test(test_pieces),	   cmocka_unit_test(test_broken),
		cmocka_unit_test(test_many_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

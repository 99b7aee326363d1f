// SPDX-License-Identifier: Apache-2.0
/* First packets of QUIC, and of TLS over TCP (a first byte of 22). The input is what a packet holds
 * after decryption: packets that do not decrypt never get as far, so it is encrypted here. A first
 * byte of 0xff: raw datagrams. */
#include <openssl/evp.h>
#include <stdlib.h>

#include "capture/quic_initial.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t cid[8] = {1, 2, 3, 4, 5, 6, 7, 8};

static size_t packet(uint8_t *p, struct span frames)
{
	uint8_t mask[32];
	struct quic_keys k;
	EVP_CIPHER_CTX *c;
	size_t n = 0, at;
	int got;

	p[n++] = 0xc0;
	memcpy(p + n, "\0\0\0\1\10", 5);
	n += 5;
	memcpy(p + n, cid, sizeof(cid));
	n += sizeof(cid);
	p[n++] = 0;
	p[n++] = 0;
	p[n++] = (uint8_t)(0x40 | (1 + frames.n + 16) >> 8);
	p[n++] = (uint8_t)(1 + frames.n + 16);
	at = n;
	p[n++] = 0;
	quic_keys__derive(span(cid, sizeof(cid)), 1, &k);
	c = EVP_CIPHER_CTX_new();
	EVP_EncryptInit_ex(c, EVP_aes_128_gcm(), NULL, k.key, k.iv);
	EVP_EncryptUpdate(c, NULL, &got, p, (int)n);
	EVP_EncryptUpdate(c, p + n, &got, frames.p, (int)frames.n);
	n += frames.n;
	EVP_EncryptFinal_ex(c, p + n, &got);
	EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, 16, p + n);
	n += 16;
	EVP_EncryptInit_ex(c, EVP_aes_128_ecb(), NULL, k.hp, NULL);
	EVP_EncryptUpdate(c, mask, &got, p + at + 4, 16);
	EVP_CIPHER_CTX_free(c);
	p[0] ^= mask[0] & 0x0f;
	p[at] ^= mask[1];
	return n;
}

/* What is named stays so however many bytes follow. */
static void tls(struct span in)
{
	struct span name = SPAN_NONE, longer = SPAN_NONE;
	enum hello_is is = client_hello__of_record(in, &name);
	size_t half = in.n / 2;

	if (is == HELLO_NAME && (!name.n || name.p < in.p || name.p + name.n > in.p + in.n))
		__builtin_trap();
	if (client_hello__of_record(span_head(in, half), &longer) == HELLO_NAME &&
	    (is != HELLO_NAME || longer.p != name.p || longer.n != name.n))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span(data, size), name = SPAN_NONE;
	struct quic_hello *h = calloc(1, sizeof(*h));
	uint8_t p[QUIC_DATAGRAM_MAX];

	if (in.n && *in.p == 22)
		tls(in);
	if (h && in.n && *in.p == 0xff) {
		quic_hello__take(h, span_skip(in, 1), &name);
	} else if (h) {
		while (in.n) {
			struct span frames = span_head(in, 1200);

			/* The sample of the header protection needs so much. */
			if (frames.n < 4)
				break;
			if (quic_hello__take(h, span(p, packet(p, frames)), &name) == HELLO_NAME &&
			    (!name.n || name.p < h->bytes ||
			     name.p + name.n > h->bytes + CLIENT_HELLO_MAX))
				__builtin_trap();
			in = span_skip(in, 1200);
		}
	}
	free(h);
	return 0;
}

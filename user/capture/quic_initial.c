// SPDX-License-Identifier: Apache-2.0
#include "capture/quic_initial.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "capture/take.h"

#define HASH_BYTES 32
#define TAG_BYTES 16
#define SAMPLE_BYTES 16

struct version {
	uint32_t number;
	uint8_t initial; /* the first byte of an Initial packet, under FIRST_MASK */
	uint8_t salt[20];
	const char *key, *iv, *hp; /* labels */
};

#define FIRST_MASK 0xf0 /* long form, fixed bit, type */

/* RFC 9001, 5.2 and 5.1; RFC 9369, 3.2 and 3.3. */
static const struct version versions[] = {
	{0x00000001,
	 0xc0,
	 {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
	  0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a},
	 "quic key",
	 "quic iv",
	 "quic hp"},
	{0x6b3343cf,
	 0xd0,
	 {0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93,
	  0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9},
	 "quicv2 key",
	 "quicv2 iv",
	 "quicv2 hp"},
};

static const struct version *version_of(uint32_t number)
{
	size_t i;

	for (i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
		if (versions[i].number == number)
			return &versions[i];
	return NULL;
}

/* --- keys ---------------------------------------------------------------------------------- */

static int hmac(struct span key, struct span data, uint8_t ret[HASH_BYTES])
{
	unsigned int n = 0;

	return HMAC(EVP_sha256(), key.p, (int)key.n, data.p, data.n, ret, &n) && n == HASH_BYTES
		       ? 0
		       : -EIO;
}

/* HKDF-Expand-Label (RFC 8446, 7.1) of at most one hash. */
static int expand(const uint8_t secret[HASH_BYTES], const char *label, uint8_t *ret, size_t n)
{
	static const char prefix[] = "tls13 ";
	size_t label_n = strlen(label), prefix_n = sizeof(prefix) - 1, at = 0;
	uint8_t info[64], out[HASH_BYTES];

	info[at++] = 0;
	info[at++] = (uint8_t)n;
	info[at++] = (uint8_t)(prefix_n + label_n);
	memcpy(info + at, prefix, prefix_n);
	at += prefix_n;
	memcpy(info + at, label, label_n);
	at += label_n;
	info[at++] = 0; /* no context */
	info[at++] = 1; /* the first block of HKDF-Expand */
	if (hmac(span(secret, HASH_BYTES), span(info, at), out))
		return -EIO;
	memcpy(ret, out, n);
	return 0;
}

int quic_keys__derive(struct span cid, uint32_t version, struct quic_keys *ret)
{
	const struct version *v = version_of(version);
	uint8_t initial[HASH_BYTES], client[HASH_BYTES];

	if (!v || hmac(span(v->salt, sizeof(v->salt)), cid, initial) ||
	    expand(initial, "client in", client, sizeof(client)) ||
	    expand(client, v->key, ret->key, sizeof(ret->key)) ||
	    expand(client, v->iv, ret->iv, sizeof(ret->iv)) ||
	    expand(client, v->hp, ret->hp, sizeof(ret->hp)))
		return -EIO;
	return 0;
}

/* --- packets ------------------------------------------------------------------------------- */

/* RFC 9000, 16. */
static bool take_varint(struct span *in, uint64_t *ret)
{
	size_t n = in->n ? (size_t)1 << (*in->p >> 6) : 1;

	if (!take_number(in, n, ret))
		return false;
	*ret &= ~0ULL >> (64 - (8 * n - 2));
	return true;
}

/* The long header up to the packet number (RFC 9000, 17.2.2). */
struct header {
	const struct version *version;
	struct span cid;
	struct span rest; /* the packet number, the payload and its tag */
};

static bool read_header(struct span in, struct header *ret)
{
	uint64_t first, version, n;
	struct span s;

	if (!take_number(&in, 1, &first) || !take_number(&in, 4, &version))
		return false;
	ret->version = version_of((uint32_t)version);
	if (!ret->version || (first & FIRST_MASK) != ret->version->initial)
		return false;
	if (!take_number(&in, 1, &n) || n > QUIC_CID_MAX || !take(&in, n, &ret->cid))
		return false;
	if (!take_number(&in, 1, &n) || n > QUIC_CID_MAX || !take(&in, n, &s))
		return false;
	if (!take_varint(&in, &n) || n > in.n || !take(&in, n, &s)) /* token */
		return false;
	return take_varint(&in, &n) && n <= in.n && take(&in, n, &ret->rest);
}

struct span quic_initial__cid(struct span datagram)
{
	struct header h;

	return read_header(datagram, &h) ? h.cid : SPAN_NONE;
}

static bool mask(const uint8_t hp[16], const uint8_t *sample, uint8_t ret[16])
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n = 0;
	bool ok = c && EVP_EncryptInit_ex(c, EVP_aes_128_ecb(), NULL, hp, NULL) == 1 &&
		  EVP_EncryptUpdate(c, ret, &n, sample, SAMPLE_BYTES) == 1 && n == SAMPLE_BYTES;

	EVP_CIPHER_CTX_free(c);
	return ok;
}

static bool open_aead(const struct quic_keys *k, const uint8_t nonce[12], struct span aad,
		      struct span in, uint8_t *out)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	size_t body = in.n - TAG_BYTES;
	uint8_t tag[TAG_BYTES];
	int n = 0;
	bool ok;

	memcpy(tag, in.p + body, TAG_BYTES);
	ok = c && EVP_DecryptInit_ex(c, EVP_aes_128_gcm(), NULL, k->key, nonce) == 1 &&
	     EVP_DecryptUpdate(c, NULL, &n, aad.p, (int)aad.n) == 1 &&
	     EVP_DecryptUpdate(c, out, &n, in.p, (int)body) == 1 &&
	     EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, tag) == 1 &&
	     EVP_DecryptFinal_ex(c, out + n, &n) == 1;
	EVP_CIPHER_CTX_free(c);
	return ok;
}

/* Removes both protections (RFC 9001, 5.4 and 5.3). out has room for the datagram. */
static bool decrypt(struct span datagram, const struct header *h, uint8_t *out, size_t *ret_n)
{
	size_t head_n = (size_t)(h->rest.p - datagram.p), number_n, i;
	uint8_t head[QUIC_DATAGRAM_MAX], m[16], nonce[12];
	struct quic_keys k;

	/* The sample begins where a number of the greatest length would end. */
	if (h->rest.n < 4 + SAMPLE_BYTES || head_n + 4 > sizeof(head) ||
	    quic_keys__derive(h->cid, h->version->number, &k) || !mask(k.hp, h->rest.p + 4, m))
		return false;
	memcpy(head, datagram.p, head_n + 4);
	head[0] ^= m[0] & 0x0f;
	number_n = (head[0] & 3) + 1U;
	memcpy(nonce, k.iv, sizeof(nonce));
	for (i = 0; i < number_n; i++) {
		head[head_n + i] ^= m[1 + i];
		nonce[sizeof(nonce) - number_n + i] ^= head[head_n + i];
	}
	*ret_n = h->rest.n - number_n - TAG_BYTES;
	return open_aead(&k, nonce, span(head, head_n + number_n), span_skip(h->rest, number_n),
			 out);
}

/* --- frames -------------------------------------------------------------------------------- */

static void keep(struct quic_hello *h, uint64_t at, struct span data)
{
	size_t i;

	for (i = 0; i < data.n && at + i < CLIENT_HELLO_MAX; i++) {
		h->bytes[at + i] = data.p[i];
		h->have[(at + i) / 8] |= (uint8_t)(1 << (at + i) % 8);
	}
}

/* What a client may put into Initial packets (RFC 9000, 12.4); its CRYPTO frames may come in any
 * order, and some clients shuffle them. */
static void read_frames(struct quic_hello *h, struct span in)
{
	enum { PADDING = 0, PING = 1, ACK = 2, ACK_ECN = 3, CRYPTO = 6 };
	uint64_t type, a, b, ranges, i;
	struct span data;

	while (take_varint(&in, &type)) {
		if (type == PADDING || type == PING)
			continue;
		if (type == CRYPTO) {
			if (!take_varint(&in, &a) || !take_varint(&in, &b) || b > in.n ||
			    !take(&in, b, &data))
				return;
			keep(h, a, data);
		} else if (type == ACK || type == ACK_ECN) {
			if (!take_varint(&in, &a) || !take_varint(&in, &b) ||
			    !take_varint(&in, &ranges) || !take_varint(&in, &a))
				return;
			for (i = 0; i < 2 * ranges + (type == ACK_ECN ? 3 : 0); i++)
				if (!take_varint(&in, &a))
					return;
		} else {
			return;
		}
	}
}

/* --- the ClientHello ------------------------------------------------------------------------ */

static struct span known(const struct quic_hello *h)
{
	size_t n = 0;

	while (n < CLIENT_HELLO_MAX && h->have[n / 8] >> n % 8 & 1)
		n++;
	return span(h->bytes, n);
}

enum hello_is quic_hello__take(struct quic_hello *h, struct span datagram, struct span *ret_name)
{
	uint8_t plain[QUIC_DATAGRAM_MAX];
	struct header head;
	size_t n;

	if (datagram.n > QUIC_DATAGRAM_MAX || !read_header(datagram, &head))
		return HELLO_NO;
	if (!h->n_cid) {
		memcpy(h->cid, head.cid.p, head.cid.n);
		h->n_cid = (uint8_t)head.cid.n;
	}
	if (!span_eq(head.cid, span(h->cid, h->n_cid)) || !decrypt(datagram, &head, plain, &n))
		return HELLO_NO;
	read_frames(h, span(plain, n));
	return client_hello__name(known(h), ret_name);
}

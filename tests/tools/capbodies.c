// SPDX-License-Identifier: Apache-2.0
/* capbodies FILE.cap: for each exchange of a capture file one JSON line with the length and the
 * SHA-256 of both decoded bodies, so that a test can compare them byte for byte. */
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "capture/cap_read.h"
#include "http/h1.h"
#include "stream/table.h"

struct body {
	EVP_MD_CTX *md;
	uint64_t bytes;
	unsigned int flags;
	bool gap, ended;
};

struct exchange {
	char method[16], path[512];
	int status;
	struct body body[2]; /* by enum side */
};

static void *on_request(void *ctx, const struct conn *conn, const struct http_head *h,
			uint64_t first_ns, uint64_t ts_ns)
{
	struct exchange *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	snprintf(x->method, sizeof(x->method), "%.*s", (int)h->method.n, (char *)h->method.p);
	snprintf(x->path, sizeof(x->path), "%.*s", (int)h->path.n, (char *)h->path.p);
	for (int i = 0; i < 2; i++) {
		x->body[i].md = EVP_MD_CTX_new();
		EVP_DigestInit_ex(x->body[i].md, EVP_sha256(), NULL);
	}
	return x;
}

static void add(struct body *b, struct span s)
{
	EVP_DigestUpdate(b->md, s.p, s.n);
	b->bytes += s.n;
}

static void on_request_body(void *ctx, struct span s, uint64_t wire, uint64_t ts_ns)
{
	add(&((struct exchange *)ctx)->body[SIDE_REQUEST], s);
}

static void on_request_end(void *ctx, unsigned int flags, uint64_t ts_ns)
{
	struct exchange *x = ctx;

	x->body[SIDE_REQUEST].flags = flags;
	x->body[SIDE_REQUEST].ended = true;
}

static void on_response(void *ctx, const struct http_head *h, uint64_t first_ns, uint64_t ts_ns)
{
	((struct exchange *)ctx)->status = h->status;
}

static void on_response_body(void *ctx, struct span s, uint64_t wire, uint64_t ts_ns)
{
	add(&((struct exchange *)ctx)->body[SIDE_RESPONSE], s);
}

static void on_response_end(void *ctx, unsigned int flags, uint64_t ts_ns)
{
	struct exchange *x = ctx;

	x->body[SIDE_RESPONSE].flags = flags;
	x->body[SIDE_RESPONSE].ended = true;
}

static void on_gap(void *ctx, enum side side, uint64_t lost)
{
	((struct exchange *)ctx)->body[side].gap = true;
}

static void on_upgrade(void *ctx, struct span protocol, uint64_t ts_ns)
{
}

static void print_body(const char *name, struct body *b)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned int n;

	EVP_DigestFinal_ex(b->md, sum, &n);
	printf(",\"%s_bytes\":%llu,\"%s_flags\":%u,\"%s_gap\":%s,\"%s_ended\":%s,\"%s_sha256\":\"",
	       name, (unsigned long long)b->bytes, name, b->flags, name, b->gap ? "true" : "false",
	       name, b->ended ? "true" : "false", name);
	for (unsigned int i = 0; i < n; i++)
		printf("%02x", sum[i]);
	printf("\"");
	EVP_MD_CTX_free(b->md);
}

/* Test traffic only: its paths need no escaping. */
static bool on_end(void *ctx, enum http_end why, uint64_t ts_ns)
{
	struct exchange *x = ctx;

	printf("{\"method\":\"%s\",\"path\":\"%s\",\"status\":%d,\"end\":%d", x->method, x->path,
	       x->status, why);
	print_body("request", &x->body[SIDE_REQUEST]);
	print_body("response", &x->body[SIDE_RESPONSE]);
	printf("}\n");
	free(x);
	return true;
}

static const struct http_msg_ops ops = {
	.request = on_request,
	.request_body = on_request_body,
	.request_end = on_request_end,
	.response = on_response,
	.response_body = on_response_body,
	.response_end = on_response_end,
	.gap = on_gap,
	.upgrade = on_upgrade,
	.end = on_end,
};

int main(int argc, char **argv)
{
	static const struct protocol *const protocols[] = {&http1_protocol};
	struct http1_ctx http1 = {.ops = &ops};
	struct stream_table *table;
	struct cap_error error;
	struct cap_read *cap = NULL;
	int n;

	if (argc != 2) {
		fprintf(stderr, "usage: capbodies FILE.cap\n");
		return 2;
	}
	if (stream_table__new(protocols, 1, &http1, NULL, &limits_default, &table))
		return 1;
	n = cap_read__open(argv[1], &cap, &error);
	while (n >= 0) {
		n = cap_read__next(cap, &stream_table_ops, table, &error);
		if (n <= 0)
			break;
	}
	if (error.what)
		fprintf(stderr, "capbodies: %s: %s at %llu\n", argv[1], error.what,
			(unsigned long long)error.offset);
	stream_table__finish(table, 0);
	stream_table__free(table);
	cap_read__free(cap);
	return n < 0;
}

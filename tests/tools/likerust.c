// SPDX-License-Identifier: Apache-2.0
/* likerust CALLS: has what a program with rustls 0.23 has, to all who look into its file, but the
 * functions are others: called with arguments that fit nothing. Prints the sum of what they did. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct table {
	void (*drop)(void *self);
	size_t size, align;
	size_t (*first)(char *result, void *self, const size_t *msg, size_t seq);
	size_t (*second)(void *self, size_t n);
};

static const char path[] = "/registry/src/rustls-0.23.46/src/record_layer.rs";

static __attribute__((noinline)) size_t encrypt(char *result, void *self, const size_t *msg,
						size_t seq)
{
	memcpy(result, msg, 8);
	return seq * 3 + (size_t)result[0];
}

static __attribute__((noinline)) size_t decrypt(char *result, void *self, const size_t *msg,
						size_t seq)
{
	if (msg[1] < 16)
		return 0;
	memset(result, 0x7f, 64);
	return seq + msg[1] % 7;
}

static __attribute__((noinline)) size_t overhead(void *self, size_t n)
{
	return n + 17;
}

static const struct table tables[2] = {
	{.size = 40, .align = 8, .first = decrypt},
	{.size = 40, .align = 8, .first = encrypt, .second = overhead},
};

int main(int argc, char **argv)
{
	const struct table *volatile t = tables;
	size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 1, sum = 0;
	size_t msg[8] = {0x1000, 1 << 30, 3, 4, 0xfefefefefefefefe};
	char result[64] = "", self[64] = "";

	for (size_t i = 0; i < n; i++) {
		/* Now too long, now plausible until its result is seen. */
		msg[1] = i & 1 ? 100 : 1 << 30;
		sum += t[0].first(result, self, msg, i);
		sum += t[1].first(result, self, msg, i);
		sum += t[1].second(self, i);
	}
	printf("%zu %s\n", sum, path);
	return 0;
}

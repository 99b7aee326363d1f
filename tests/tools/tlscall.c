// SPDX-License-Identifier: Apache-2.0
/* tlscall: chat completions with prompts, writes and reads of chosen sizes, on one connection.
 *   tlscall --port N --ca FILE [--demo CASE] [--prompt BYTES] [--write BYTES] [--read BYTES]
 *           [--ex] [--stream] [--calls N] [--hold] [--after MS]
 * --hold waits for a line on stdin before each call; --after lets so much time pass between the
 * program's beginning and its first write. Prints a JSON line a call. */
#include <getopt.h>

#include "tls_call.h"

int main(int argc, char **argv)
{
	static const struct option longopts[] = {
		{"port", 1, NULL, 'p'},	  {"ca", 1, NULL, 'c'},	    {"demo", 1, NULL, 'd'},
		{"prompt", 1, NULL, 'm'}, {"write", 1, NULL, 'w'},  {"read", 1, NULL, 'r'},
		{"ex", 0, NULL, 'e'},	  {"stream", 0, NULL, 's'}, {"calls", 1, NULL, 'n'},
		{"hold", 0, NULL, 'h'},	  {"after", 1, NULL, 'a'},  {NULL, 0, NULL, 0},
	};
	struct tls_sizes sz = {.read = 16384};
	const char *ca = NULL, *demo = "";
	size_t prompt = 100;
	bool stream = false, hold = false;
	int port = 0, calls = 1, i, c;
	uint64_t begun = mono_ns(), after = 0, now;
	SSL *ssl = NULL;
	SSL_CTX *ctx;
	char line[64];

	while ((c = getopt_long(argc, argv, "", longopts, NULL)) != -1) {
		switch (c) {
		case 'p':
			port = atoi(optarg);
			break;
		case 'c':
			ca = optarg;
			break;
		case 'd':
			demo = optarg;
			break;
		case 'm':
			prompt = strtoul(optarg, NULL, 10);
			break;
		case 'w':
			sz.write = strtoul(optarg, NULL, 10);
			break;
		case 'r':
			sz.read = strtoul(optarg, NULL, 10);
			break;
		case 'e':
			sz.ex = true;
			break;
		case 's':
			stream = true;
			break;
		case 'n':
			calls = atoi(optarg);
			break;
		case 'h':
			hold = true;
			break;
		case 'a':
			after = strtoul(optarg, NULL, 10) * 1000000;
			break;
		default:
			return 2;
		}
	}
	if (!port || !ca)
		errx(2, "--port and --ca are needed");
	ctx = tls_context(ca);
	for (i = 0; i < calls; i++) {
		uint64_t start;
		int status;

		if (hold && !fgets(line, sizeof(line), stdin))
			break;
		start = mono_ns();
		if (!ssl)
			ssl = tls_connect(ctx, port);
		now = mono_ns();
		if (now - begun < after)
			usleep((begun + after - now) / 1000);
		status = tls_chat(ssl, demo, prompt, stream, &sz);
		printf("{\"call\":%d,\"status\":%d,\"start_ns\":%llu,\"end_ns\":%llu}\n", i, status,
		       (unsigned long long)start, (unsigned long long)mono_ns());
		fflush(stdout);
		if (!status)
			return 1;
	}
	if (ssl)
		tls_close(ssl);
	SSL_CTX_free(ctx);
	return 0;
}

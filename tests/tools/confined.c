// SPDX-License-Identifier: Apache-2.0
/* confined: calls under SECCOMP_MODE_STRICT, which leaves a process read, write, exit and
 * sigreturn and kills it for anything else. What needs more is done before.
 *   confined PORT CA      prints `calls=N`; its exit status is 0 where all calls got a 200 */
#include <linux/seccomp.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "tls_call.h"

#define CALLS 3
#define HEAP_BYTES (8 << 20)

int main(int argc, char **argv)
{
	static const char demo[] = "tokens=5&burst=1&tag=strict";
	const struct tls_sizes sz = {.read = 4096};
	int good = 0, n;
	char line[32];
	SSL *ssl;

	if (argc != 3)
		errx(2, "confined PORT CA");
	/* Memory for all that follows is taken now and never given back. */
	mallopt(M_MMAP_MAX, 0);
	mallopt(M_TOP_PAD, HEAP_BYTES);
	mallopt(M_TRIM_THRESHOLD, 1 << 30);
	ssl = tls_connect(tls_context(argv[2]), atoi(argv[1]));
	good += tls_chat(ssl, demo, 50, true, &sz) == 200;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0))
		err(1, "seccomp");
	for (int i = 1; i < CALLS; i++)
		good += tls_chat(ssl, demo, 50, i & 1, &sz) == 200;
	n = snprintf(line, sizeof(line), "calls=%d\n", good);
	if (write(STDOUT_FILENO, line, (size_t)n) != n)
		good = 0;
	/* exit_group, which _exit calls, is not among the four. */
	syscall(SYS_exit, good != CALLS);
}

// SPDX-License-Identifier: Apache-2.0
#include "capture/capabilities.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

const struct capability capability_table[] = {
	{CAPABILITY_BPF, "CAP_BPF", "loads the BPF programs and their maps",
	 "nothing can be traced", true},
	{CAPABILITY_PERFMON, "CAP_PERFMON", "lets BPF programs trace; tells new mappings",
	 "nothing can be traced", true},
	{CAP_SYS_PTRACE, "CAP_SYS_PTRACE", "looks into other users' processes in /proc",
	 "only processes of the own user are seen", true},
	{CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH", "reads the files that processes have mapped",
	 "programs and libraries that are not readable for all are not seen", false},
	{CAPABILITY_CHECKPOINT_RESTORE, "CAP_CHECKPOINT_RESTORE",
	 "reaches mapped files that were deleted or replaced",
	 "programs that were updated while they run are not seen", false},
	{CAP_NET_ADMIN, "CAP_NET_ADMIN", "names the hosts of connections that cannot be seen into",
	 "no warning of calls by QUIC or by TLS that is not seen", false},
	{CAP_SYS_ADMIN, "CAP_SYS_ADMIN", "attaches probes by perf events, on kernels before 6.6",
	 "on such kernels nothing can be traced; later ones need it not", false},
	{CAP_SYS_RESOURCE, "CAP_SYS_RESOURCE", "raises the limit of locked memory, before 5.11",
	 "on such kernels loading may fail (ulimit -l)", false},
};

const unsigned int capability_n = sizeof(capability_table) / sizeof(capability_table[0]);

uint64_t capabilities__effective(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};

	if (syscall(SYS_capget, &head, data))
		return 0;
	return data[0].effective | (uint64_t)data[1].effective << 32;
}

bool capabilities__allow(uint64_t effective, unsigned int number)
{
	bool split = number == CAPABILITY_PERFMON || number == CAPABILITY_BPF ||
		     number == CAPABILITY_CHECKPOINT_RESTORE;

	return effective >> number & 1 || (split && effective >> CAP_SYS_ADMIN & 1);
}

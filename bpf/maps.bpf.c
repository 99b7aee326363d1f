// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0
/* The maps and the configuration that the other objects refer to. */
#include "sock.bpf.h"
#include "tls.bpf.h"

const volatile bool cfg_task_storage = true;
const volatile bool cfg_all = false;
const volatile bool cfg_follow = true;
const volatile bool cfg_tail_call = false;
const volatile bool cfg_socks = false;
const volatile bool cfg_task_regs = true;
const volatile bool cfg_plain = false;
const volatile __u8 cfg_plain_stack = 0;
const volatile __u8 cfg_plain_ports[65536 / 8] = {};
const volatile __u32 cfg_socket_ends = 0;
const volatile __u64 cfg_line_seed = 0;
const volatile __u64 cfg_wake_bytes = 4 << 20;

struct no_programs_map no_programs SEC(".maps");
struct no_programs_map no_multi_programs SEC(".maps");
struct data_ring data_ring SEC(".maps");
struct control_ring control_ring SEC(".maps");
struct targets_map targets SEC(".maps");
struct announced_map announced SEC(".maps");
struct counters_map counters SEC(".maps");
struct conns_map conns SEC(".maps");
struct verdicts_map verdicts SEC(".maps");
struct socks_map socks SEC(".maps");
struct sock_threads_map sock_threads SEC(".maps");
struct sock_threads_lru_map sock_threads_lru SEC(".maps");
struct thread_storage threads SEC(".maps");
struct thread_lru threads_lru SEC(".maps");

volatile __u32 wake_sent = 0;

char LICENSE[] SEC("license") = "Dual BSD/GPL";

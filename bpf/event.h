/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/* event.h: all that the kernel side and user space share. Fixed layouts, natural alignment,
 * host byte order. Times are CLOCK_MONOTONIC nanoseconds (bpf_ktime_get_ns). */
#ifndef LLMSNOOP_EVENT_H
#define LLMSNOOP_EVENT_H

#ifndef __bpf__
#include <linux/types.h>
#endif

#define EVENT_COMM_LEN 16
#define EVENT_CHUNK_MAX (16 * 1024) /* most payload of one record */

enum event_kind {
	/* data ring */
	EVENT_DATA = 1,	 /* plaintext that crossed the TLS boundary */
	EVENT_GAP = 2,	 /* plaintext that could not be read: struct event_data, no payload */
	EVENT_CLOSE = 3, /* a connection ended */
	EVENT_QUIC = 4,	 /* a first packet of a QUIC connection left */
	EVENT_PEER = 5,	 /* which socket carries a connection: never before its first data */
	EVENT_HELLO = 6, /* a first segment of a TLS connection left */
	/* control ring */
	EVENT_TLS = 16,	 /* a process used TLS for the first time */
	EVENT_FORK = 17, /* a followed process forked */
	EVENT_EXEC = 18, /* a known process called execve */
	EVENT_EXIT = 19, /* a known process ended */
};

/* Direction as the traced process sees it. */
enum event_dir {
	DIR_READ = 0,
	DIR_WRITE = 1,
};

enum event_flag {
	EVENT_MIDSTREAM = 1 << 0,   /* the connection's start was not seen */
	EVENT_AFTER_QUIET = 1 << 1, /* an unknown number of unwanted bytes precedes these */
	EVENT_AFTER_LOSS = 1 << 2,  /* bytes were lost before these: offset tells how many */
	EVENT_CALL_START = 1 << 3,  /* the first record of one SSL call */
	EVENT_EARLY = 1 << 4,	    /* TLS 1.3 early data */
};

enum event_close_flag {
	CLOSE_EOF = 1 << 0,	    /* the peer's end was seen for sure */
	CLOSE_NONBLOCKING = 1 << 1, /* reads failed and later succeeded: an asynchronous client */
	CLOSE_CLEAR = 1 << 2,	    /* SSL_clear: the object lives on as another connection */
};

/* In front of every record of both rings. */
struct event_header {
	__u16 kind;  /* enum event_kind */
	__u16 flags; /* enum event_flag, for EVENT_CLOSE enum event_close_flag */
	__u32 tgid;
	__u32 tid;
	__u32 size; /* bytes that follow this header and belong to the record */
};

/* EVENT_DATA, EVENT_GAP. The payload of EVENT_DATA follows. */
struct event_data {
	struct event_header h;
	__u64 conn;	    /* never used twice in one run: the generation of (tgid, ssl) */
	__u64 ssl;	    /* the SSL object's address */
	__u64 entry_ns;	    /* entry of the SSL call */
	__u64 return_ns;    /* its return */
	__u64 offset;	    /* of the first byte in this direction; does not count quiet bytes */
	__u64 other_offset; /* the other direction's offset at that moment */
	__u64 line;	    /* hash of the request line that this call begins with; 0: none */
	__u32 len;	    /* EVENT_DATA: payload bytes; EVENT_GAP: bytes missing */
	__u8 dir;	    /* enum event_dir */
	__u8 stack;	    /* enum tls_stack of user space: from the probe's cookie */
	__u16 reserved;
	__u32 ahead; /* bytes that the other direction has moved before these, but not told yet */
	__u32 reserved2;
};

struct event_close {
	struct event_header h;
	__u64 conn;
	__u64 ssl;
	__u64 ts_ns;
	__u64 offset[2];  /* final offsets by enum event_dir */
	__u32 read_fails; /* reads that failed since the last good one */
	__u32 reserved;
};

/* EVENT_TLS, EVENT_FORK (h.tgid is the parent), EVENT_EXEC, EVENT_EXIT. */
struct event_process {
	struct event_header h;
	__u64 ts_ns;
	__u64 start_ns; /* boot-time clock, as /proc/PID/stat field 22 has it in ticks */
	__u64 cgroup;	/* cgroup v2 id */
	__u32 child;	/* EVENT_FORK: the new process */
	__u32 ppid;
	__u32 uid;
	__u32 exit_code; /* EVENT_EXIT: as wait(2) gives it */
	char comm[EVENT_COMM_LEN];
};

/* EVENT_QUIC: the datagram as sent. EVENT_HELLO: the beginning of what is sent by TCP. */
#define EVENT_QUIC_MAX 1500
#define EVENT_HELLO_MASK 2047 /* no less than EVENT_QUIC_MAX, all ones */
struct event_hello {
	struct event_header h; /* tgid is not known */
	__u64 ts_ns;
	__u32 len;
	__u16 port; /* the client's */
	__u16 reserved;
	__u8 bytes[EVENT_HELLO_MASK + 1];
};

/* Both ends of the connection's socket. IPv4 takes the first 4 bytes, also where the socket is one
 * of IPv6 that speaks IPv4. Addresses in network byte order, ports in the host's. */
struct event_peer {
	struct event_header h;
	__u64 conn;
	__u64 ts_ns;
	__u8 address[2][16]; /* 0: ours, 1: the peer's */
	__u16 port[2];
	__u16 family; /* 4 or 6 */
	__u16 reserved;
};

_Static_assert(sizeof(struct event_header) == 16, "event_header");
_Static_assert(sizeof(struct event_peer) == 72, "event_peer");
_Static_assert(sizeof(struct event_hello) == 32 + EVENT_HELLO_MASK + 1, "event_hello");
_Static_assert(sizeof(struct event_data) == 88, "event_data");
_Static_assert(__builtin_offsetof(struct event_data, len) == 72, "event_data.len");
_Static_assert(sizeof(struct event_close) == 64, "event_close");
_Static_assert(sizeof(struct event_process) == 72, "event_process");

/* What user space thinks of a connection: one slot of the mmapped verdict array, at
 * VERDICT_SLOT(conn). The kernel is quiet on a connection while the slot names it,
 * no call that could begin a request came at or after judged, and the time is not up. A request
 * whose line is among those that were judged on this very connection does not count: else each
 * request of a busy connection would be copied until user space has looked at it. */
#define VERDICT_SLOTS 65536
#define VERDICT_LINES 4	  /* judged request lines kept of one connection */
#define LINE_MAX_BYTES 96 /* longest "METHOD target " that is hashed */
/* Fibonacci hashing (Knuth, TAOCP 6.4): ids are times, their low bits are not spread evenly. A
 * slot taken by two connections only makes the earlier one be judged again. */
#define VERDICT_SLOT(conn) ((__u32)((conn)*0x9e3779b97f4a7c15ULL >> 48))

enum verdict_lift {
	LIFT_LINE,  /* a call that begins like an HTTP/1 request */
	LIFT_FRAME, /* an HTTP/2 HEADERS frame in the request direction */
	LIFT_USER,  /* such frames are told, answers stay quiet until user space wants them */
	LIFT_NEVER,
};

struct verdict {
	__u64 conn;	   /* 0: none. Written last. */
	__u64 judged;	   /* request-direction bytes before this offset are judged */
	__u64 expires_ns;  /* CLOCK_MONOTONIC */
	__u64 frame_left;  /* LIFT_FRAME, LIFT_USER: bytes from judged on to the next frame */
	__u32 request_dir; /* enum event_dir: the direction in which requests go */
	__u32 lift;	   /* enum verdict_lift: what ends the quiet */
	__u64 lines[VERDICT_LINES]; /* hashes as in struct event_data */
};

_Static_assert(sizeof(struct verdict) == 72, "verdict");

/* Counters of the kernel side, summed over CPUs by user space. */
enum counter {
	COUNT_CALLS,	    /* SSL calls that moved bytes which user space may want */
	COUNT_BYTES,	    /* bytes they moved; what quiet calls moved is not looked at */
	COUNT_COPIED,	    /* bytes handed to user space */
	COUNT_QUIET_CALLS,  /* calls on connections that user space does not want */
	COUNT_LOST_RECORDS, /* records for which the data ring had no room */
	COUNT_LOST_BYTES,
	COUNT_FAULT_BYTES,  /* bytes whose memory could not be read */
	COUNT_CONTROL_LOST, /* records for which the control ring had no room */
	COUNT_CONNS,	    /* connections begun */
	COUNT_MIDSTREAM,    /* connections met after their start (or evicted) */
	COUNT_NO_ENTRY,	    /* returns whose entry was not seen */
	COUNT_NESTED_FULL,  /* calls nested deeper than is followed */
	COUNT_NO_STATE,	    /* calls missed for want of map space */
	COUNT_NEITHER,	    /* connections that speak neither HTTP/1 nor HTTP/2 */
	COUNT_LATE,	    /* filled in by user space: processes that may have spoken before the
			     * probes were in a file which was new */
	COUNT_MISFIT,	    /* calls of functions that are not what they were taken for */
	COUNT_UNPAIRED,	    /* writes whose connection could not be told */
	COUNT_MAX,
};

#endif

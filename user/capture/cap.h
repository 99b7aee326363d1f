/* SPDX-License-Identifier: Apache-2.0 */
/* cap.h: the capture file. It holds what struct capture_ops was told, in order, so that replaying
 * it is the same as having been there.
 *
 * All numbers are little-endian, nothing is aligned.
 *
 *	file	= head record*
 *	head	= magic[8] u16 major, u16 minor, u32 CAP_MARK, u32 crc of the 16 bytes before
 *	record	= u16 type, u16 flags, u32 length, u32 crc of the 8 bytes before,
 *		  payload[length], u32 crc of the payload
 *	string	= u32 length, bytes
 *
 * crc is zlib's crc32. The second one of a record is what finds a bad length before it is believed.
 * Flags are 0. A reader skips record types that it does not know, and what a payload has behind the
 * fields it knows: new types and new fields at the end raise minor, anything else major. A file
 * that was closed ends with CAP_END; one without it was cut. Payloads:
 *
 *	CAP_INFO	(string key, string value)*
 *	CAP_CLOCK	u64 mono_ns, s64 offset_ns
 *	CAP_PROCESS	u32 pid, ppid, uid; u64 start_ns, seen_ns;
 *			string comm, exe, cmdline, cgroup, container_id, unit, env;
 *			string user, slice, session, container_runtime, container_name,
 *			container_image, pod_uid, pod_namespace, pod_name, pod_container,
 *			labels; u8 again (minor 4)
 *	CAP_DATA	u64 conn, ssl, entry_ns, return_ns, offset, other_offset, gap;
 *			u32 pid, tid; u16 flags; u8 dir; string stack; string bytes;
 *			u32 ahead (minor 2)
 *	CAP_CLOSE	u64 conn, ts_ns, offset[2]; u32 pid, read_fails; u16 flags
 *	CAP_EXIT	u32 pid; u64 ts_ns; u32 status
 *	CAP_COUNTS	u32 n, u64 v[n]
 *	CAP_TICK	u64 mono_ns
 *	CAP_END		u64 records before it
 *	CAP_UNSEEN	u32 pid; u64 ts_ns; string protocol, host (minor 1), library (minor 3)
 *	CAP_PEER	u64 conn; u32 pid; u64 ts_ns; u16 port[2];
 *			string address[2]: ours, the peer's; 4 or 16 bytes (minor 2)
 */
#ifndef LLMSNOOP_CAP_H
#define LLMSNOOP_CAP_H

#include <stdint.h>

#define CAP_MAGIC "\x89LLMCAP\n" /* not text, and no line end survives a text transfer */
#define CAP_MAGIC_BYTES 8
#define CAP_MAJOR 1
#define CAP_MINOR 4
#define CAP_MARK 0x1a2b3c4dU
#define CAP_HEAD_BYTES 20
#define CAP_RECORD_HEAD 12
#define CAP_RECORD_TAIL 4
#define CAP_PAYLOAD_MAX (256 << 10) /* a longer one is corrupt */
#define CAP_DATA_MAX (64 << 10)	    /* bytes of one CAP_DATA; longer data is written as several */
#define CAP_STRING_MAX (16 << 10)   /* longest string of a process that is written */

enum cap_type {
	CAP_INFO = 1,
	CAP_CLOCK,
	CAP_PROCESS,
	CAP_DATA,
	CAP_CLOSE,
	CAP_EXIT,
	CAP_COUNTS,
	CAP_TICK,
	CAP_END,
	CAP_UNSEEN,
	CAP_PEER,
};

#endif

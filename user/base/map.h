/* SPDX-License-Identifier: Apache-2.0 */
/* map.h: hash maps whose entries are their owner's structs: uthash, made to report a failed
 * allocation instead of ending the program. An entry has a member `struct map_node node` (any
 * name) and a 64-bit key member. Names of nodes and keys are member names. */
#ifndef LLMSNOOP_MAP_H
#define LLMSNOOP_MAP_H

#include <stdbool.h>
#include <stdint.h>

/* uthash leaves an entry that it could not add untouched and out of the map. */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(entry) (map_oom__ = true)

#include <uthash.h>

#define map_node UT_hash_handle

/* Keys of this project are drawn by the kernel, not by peers: a multiplicative mix will do
 * (the finaliser of SplitMix64; Steele, Lea and Flood, 2014). */
static inline uint32_t map__mix(uint64_t key)
{
	key = (key ^ key >> 30) * 0xbf58476d1ce4e5b9ULL;
	key = (key ^ key >> 27) * 0x94d049bb133111ebULL;
	return (uint32_t)(key ^ key >> 31);
}

/* Sets found to the entry whose 64-bit member key_field has that value, or to NULL. */
#define map__find(node, head, value, found)                                      \
	do {                                                                     \
		uint64_t map_key__ = (value);                                    \
                                                                                 \
		HASH_FIND_BYHASHVALUE(node, head, &map_key__, sizeof(map_key__), \
				      map__mix(map_key__), found);               \
	} while (0)

/* Adds entry, whose key must not be in the map yet. ret is 0 or -ENOMEM. */
#define map__add(node, head, key_field, entry, ret)                               \
	do {                                                                      \
		bool map_oom__ = false;                                           \
                                                                                  \
		HASH_ADD_KEYPTR_BYHASHVALUE(node, head, &(entry)->key_field,      \
					    sizeof((entry)->key_field),           \
					    map__mix((entry)->key_field), entry); \
		(ret) = map_oom__ ? -ENOMEM : 0;                                  \
	} while (0)

#define map__del(node, head, entry) HASH_DELETE(node, head, entry)
#define map__count(node, head) HASH_CNT(node, head)
/* Entries may be removed and freed while they are walked over. */
#define map__for_each(node, head, entry, next) HASH_ITER (node, head, entry, next)

#endif

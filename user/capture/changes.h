/* SPDX-License-Identifier: Apache-2.0 */
/* changes.h: tells of files that are written to while they carry probes. The kernel keeps a copy of
 * each probed instruction and runs that in place of what the file says now, so such probes have to
 * go before anybody maps the new content. (Programs that run cannot be written to, libraries can.)
 */
#ifndef LLMSNOOP_CHANGES_H
#define LLMSNOOP_CHANGES_H

/* An inotify descriptor, readable when there is something to tell; negative errno. */
int changes__open(void);
/* Watches the file behind fd. Its number, which is that file's alone; negative errno. */
int changes__watch(int changes, int fd);
void changes__unwatch(int changes, int watch); /* negative: nothing to do */
/* Calls fn with the number of each file that was written to, more than once perhaps. */
void changes__consume(int changes, void (*fn)(void *ctx, int watch), void *ctx);

#endif

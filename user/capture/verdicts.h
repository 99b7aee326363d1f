/* SPDX-License-Identifier: Apache-2.0 */
/* verdicts.h: tells the kernel which connections are not wanted, by writing to the array that it
 * shares with user space: no system call. */
#ifndef LLMSNOOP_VERDICTS_H
#define LLMSNOOP_VERDICTS_H

#include "capture/capture.h"

/* The control that writes to slots (VERDICT_SLOTS of struct verdict, mapped), which must outlive
 * it. */
struct capture_control verdicts__control(struct verdict *slots);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* outputs.h: where the records of a run go, as its options say. */
#ifndef LLMSNOOP_OUTPUTS_H
#define LLMSNOOP_OUTPUTS_H

#include "options.h"
#include "sink/sinks.h"

/* Opens what is wanted and adds it to sinks, which own it also where it fails. 0, or the exit
 * status with which the program is to end, after a message. */
int outputs__open(const struct options *o, struct sinks *sinks);

/* Would what the options, the environment and the configuration file say of them do? 0, or the exit
 * status, after a message. */
int outputs__check(const struct options *o);

/* Why a file could not be opened, for people. err: -errno. */
const char *outputs__why(int err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* report.h: `llmsnoop report`: sums over files of records. */
#ifndef LLMSNOOP_REPORT_H
#define LLMSNOOP_REPORT_H

/* argv[0] is "report". Returns the exit status: 0; 1: a file could not be read; 2: wrong use;
 * 4: the cost is above --fail-over. */
int report__main(int argc, char **argv);

#endif

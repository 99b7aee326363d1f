/* SPDX-License-Identifier: Apache-2.0 */
/* doctor.h: the command `llmsnoop doctor`: what can be traced on this host, what not, and why. */
#ifndef LLMSNOOP_DOCTOR_H
#define LLMSNOOP_DOCTOR_H

/* argv[0] is "doctor". Returns the exit status: 0 all is seen, 1 something is not (or the report
 * could not be written), 2 wrong use, 3 nothing can be traced here. */
int doctor__main(int argc, char **argv);

#endif

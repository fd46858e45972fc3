/* SPDX-License-Identifier: Apache-2.0 */
/*
 * harden.h - keeps the memory of a process from other programs: it contains credentials and
 * customers' data.
 *
 * No core file is written, and other processes of the same user can neither read the memory nor
 * attach a debugger (PR_SET_DUMPABLE, prctl(2)); root can. Called once, before threads start.
 */
#ifndef APP_HARDEN_H
#define APP_HARDEN_H

void harden_process(void);

#endif

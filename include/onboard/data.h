/* SPDX-License-Identifier: Apache-2.0 */
/*
 * data.h - the files of etc/aws/ and etc/onboard/, which are part of the program
 * (base/data_file.h).
 *
 *     tree_read(data_text("role-policy.json"))
 *
 * Threads: constant.
 */
#ifndef ONBOARD_DATA_H
#define ONBOARD_DATA_H

/* The text of a file. The name is one of them, else the program aborts. */
const char *data_text(const char *name);

#endif

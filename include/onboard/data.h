/* SPDX-License-Identifier: Apache-2.0 */
/*
 * data.h - the files of etc/aws/ and etc/onboard/, which are part of the program
 * (cmake/embed.cmake).
 *
 *     tree_read(data_text("role-policy.json"))
 *
 * Threads: constant.
 */
#ifndef ONBOARD_DATA_H
#define ONBOARD_DATA_H

struct data_file {
    const char *name;
    const char *text;
};

extern const struct data_file data_files[]; /* ends with a row without a name */

/* The text of a file. The name is one of them, else the program aborts. */
const char *data_text(const char *name);

#endif

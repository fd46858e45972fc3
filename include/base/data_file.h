/* SPDX-License-Identifier: Apache-2.0 */
/*
 * data_file.h - files of the tree that are part of the program, as a table for each room
 * (cmake/embed.cmake).
 *
 *     extern const struct data_file onboard_files[];
 *     const char *text = data_file_text(onboard_files, "role-policy.json");
 *
 * Threads: constant.
 */
#ifndef BASE_DATA_FILE_H
#define BASE_DATA_FILE_H

struct data_file {
    const char *name; /* NULL: the end of the table */
    const char *text;
};

/* The text of a file. The name is one of the table, else the program aborts. */
const char *data_file_text(const struct data_file *files, const char *name);

#endif

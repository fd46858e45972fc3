/* SPDX-License-Identifier: Apache-2.0 */
/* version.h - the versions of the program and of its libraries at run time. */
#ifndef APP_VERSION_H
#define APP_VERSION_H

/* Print the versions to standard output, one per line. */
void version_print(void);

#endif

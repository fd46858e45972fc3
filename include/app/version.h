/* SPDX-License-Identifier: Apache-2.0 */
/* version.h - what this program is made of, as it runs. */
#ifndef APP_VERSION_H
#define APP_VERSION_H

/* Our version and the libraries', one a line, to standard output. */
void version_print(void);

#endif

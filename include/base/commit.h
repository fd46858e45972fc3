/* SPDX-License-Identifier: Apache-2.0 */
/*
 * commit.h - the commit of the source that the program was built from, for the log and the metrics:
 * 40 hexadecimal digits, or "unknown". cmake/commit.cmake finds it when the build is configured.
 */
#ifndef BASE_COMMIT_H
#define BASE_COMMIT_H

extern const char ingest_commit[];

#endif

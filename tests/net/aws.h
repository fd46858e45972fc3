/* SPDX-License-Identifier: Apache-2.0 */
/* aws.h - what tests of net/ that play AWS have in common. */
#ifndef TESTS_NET_AWS_H
#define TESTS_NET_AWS_H

#include "testing.h"

#include "base/clock.h"
#include "net/server.h"

#define AWS_ROLE "arn:aws:iam::444455556666:role/ingest"

/* Unset AWS_*, the proxies and HOME: what the caller's environment says is not ours. */
void aws_forget_environment(void);

/* The server's next answer to AssumeRole: keys ID, secretID, tokenID; of that account. */
void aws_add_session(struct server *s, const char *id, const char *account, const char *expiration);

/* The server's next answer: an error of STS. */
void aws_add_sts_error(struct server *s, const char *status, const char *code);

/* A file below the test's own directory, which is made on first use; the path is kept. */
const char *aws_write_file(const char *name, const char *text);
void aws_remove_files(void);

#endif

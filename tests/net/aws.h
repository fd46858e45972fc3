/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aws.h - a fake of AWS for the tests of net/: a scripted server, a clock that is set manually, and
 * an environment without the caller's settings.
 *
 *     struct fixture { struct aws aws; ... };
 *     setup:    aws_init(&f->aws);
 *     test:     aws_add_session(f->aws.server, ...); setenv, aws_write_file as needed
 *     teardown: free the clients of the server, then aws_done(&f->aws);
 *
 * cmocka runs the teardown after a failed assertion too, but not after a setup that failed.
 */
#ifndef TESTS_NET_AWS_H
#define TESTS_NET_AWS_H

#include "testing.h"

#include "base/clock.h"
#include "net/server.h"

#define AWS_NOW_MS INT64_C(1795355945000) /* 2026-11-22T13:59:05Z */
#define AWS_ROLE "arn:aws:iam::444455556666:role/ingest"

struct aws {
    struct server *server;
    struct clock_manual now; /* AWS_NOW_MS; the monotonic time starts at one hour */
    char endpoint[64];       /* the server's URL, without a slash at the end */
    char **environment;      /* of the caller */
};

/*
 * Start the server and unset AWS_*, the proxies and HOME. aws_done stops the server, removes the
 * files of aws_write_file and restores the environment; no other thread may use the environment
 * then.
 */
void aws_init(struct aws *a);
void aws_done(struct aws *a);

/* Add a response to AssumeRole: keys ID, secretID, tokenID, and a role of this account. */
void aws_add_session(struct server *s, const char *id, const char *account, const char *expiration);

/* Add a response: an error of STS. */
void aws_add_sts_error(struct server *s, const char *status, const char *code);

/* Write a file into the test's directory; path and file are valid until aws_done. */
const char *aws_write_file(const char *name, const char *text);

#endif

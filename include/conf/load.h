/* SPDX-License-Identifier: Apache-2.0 */
/*
 * load.h - reads a configuration from its files, and makes texts from the table.
 *
 *     struct conf_problems problems = {0};
 *     OWNED(conf) struct conf *c = conf_load("/etc/asymptote-ingest.conf", &problems);
 *     ... print the problems; c is NULL if one of them is an error ...
 *     conf_problems_done(&problems);
 *
 * Threads: one at a time.
 */
#ifndef CONF_LOAD_H
#define CONF_LOAD_H

#include "base/buf.h"
#include "conf/conf.h"

/* An error or a warning. */
struct conf_problem {
    char *file;
    int line; /* 0: of no line */
    bool warning;
    char *text;
};

/* All errors and warnings, in order. Release with conf_problems_done. */
struct conf_problems {
    struct conf_problem *list;
    size_t count;
    size_t errors;
};
void conf_problems_done(struct conf_problems *p);

/*
 * Read and check a file, the files that it includes, and customers.d/ next to it. NULL: there is an
 * error; *problems contains all of them, not only the first, with file and line. Also reads the
 * files and environment variables of secrets, and nothing else outside the configuration.
 */
MUST_USE struct conf *conf_load(const char *path, struct conf_problems *problems);

/*
 * From now on this environment variable is not read: the process sets it itself, from its
 * configuration, for HTTP clients and child processes. name: a literal; one at most. Before other
 * threads run.
 */
void conf_hide_env(const char *name);

/*
 * As conf_load, with the entries customers.d/ID.pending too: customers whose role is not yet there,
 * which the worker does not read. For `onboard`. A pending entry with an error is left out, so that
 * no other customer is affected; *left_out then has its errors.
 */
MUST_USE struct conf *conf_load_pending(const char *path, struct conf_problems *left_out,
                                        struct conf_problems *problems);

/* As conf_load, from a text that problems call `name`; without customers.d/. */
MUST_USE struct conf *conf_load_text(const char *text, const char *name,
                                     struct conf_problems *problems);

/*
 * Texts from the table. conf_print: every value with defaults, secrets masked, in the syntax of the
 * file. conf_sample: the commented sample file. conf_reference: docs/configuration.md. conf_manual:
 * the manual page asymptote-ingest.conf(5).
 */
void conf_print(const struct conf *c, struct buf *out);
void conf_sample(struct buf *out);
void conf_reference(struct buf *out);
void conf_manual(struct buf *out);

/* Append a text in the quotes of the file's syntax. */
void conf_quote(struct buf *out, const char *text);

#endif

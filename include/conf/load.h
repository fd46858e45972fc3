/* SPDX-License-Identifier: Apache-2.0 */
/*
 * load.h - a configuration from its files, and the texts that the table makes.
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

/* One complaint of the checker. */
struct conf_problem {
    char *file;
    int line; /* 0 if it belongs to no line */
    bool warning;
    char *text;
};

/* Everything that was found: errors and warnings, in order. Free with conf_problems_done. */
struct conf_problems {
    struct conf_problem *list;
    size_t count;
    size_t errors;
};
void conf_problems_done(struct conf_problems *p);

/*
 * Read and check a file, what it includes, and customers.d/ beside it. NULL if there was any
 * error; *problems holds them all (not only the first), with file and line. Reads the files
 * and environment variables that hold secrets, and nothing else of the outside.
 */
MUST_USE struct conf *conf_load(const char *path, struct conf_problems *problems);

/* The same of a text, called `name` in complaints; without customers.d/. */
MUST_USE struct conf *conf_load_text(const char *text, const char *name,
                                     struct conf_problems *problems);

/*
 * Texts made of the table. conf_print: every value with defaults, secrets masked, in the
 * syntax of the file. conf_sample: the commented sample file. conf_reference:
 * docs/configuration.md.
 */
void conf_print(const struct conf *c, struct buf *out);
void conf_sample(struct buf *out);
void conf_reference(struct buf *out);

#endif

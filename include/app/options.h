/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.h - a command's options: reading them and telling them are one table.
 *
 *     const char *config = NULL;
 *     bool json = false;
 *     const struct option options[] = {
 *         {.name = "config", .letter = 'c', .value = "FILE", .text = "Configuration", .to =
 * &config},
 *         {.name = "json", .text = "For machines", .flag = &json},
 *     };
 *     const struct usage usage = {"sample", "FILE", "Say how a file would be read.", options, 2};
 *     struct operands rest;
 *     int status;
 *     if (!options_read(&usage, argc, argv, &rest, &status)) {
 *         return status;              // --help was asked for, or wrong usage, said already
 *     }
 *
 * Long options are --name VALUE or --name=VALUE, short ones -c VALUE or -cVALUE. Options and
 * operands may be mixed; after "--" all are operands, "-" alone is one.
 */
#ifndef APP_OPTIONS_H
#define APP_OPTIONS_H

#include "base/base.h"

struct option {
    const char *name;  /* without dashes */
    char letter;       /* 0: has no short form */
    const char *value; /* what its value is called in the help; NULL: a flag */
    const char *text;  /* one sentence */
    const char **to;   /* options with a value: where it goes, a part of argv */
    bool *flag;        /* flags: becomes true */
};

struct usage {
    const char *command;
    const char *operands; /* as shown: "FILE...", "" if it takes none */
    const char *text;     /* what the command does, one paragraph or more */
    const struct option *options;
    size_t count;
};

/* What is left in argv, in order. */
struct operands {
    char **list;
    int count;
};

/* False: the program ends with *status, and what there was to say has been said. */
MUST_USE bool options_read(const struct usage *u, int argc, char **argv, struct operands *rest,
                           int *status);

/* Say on standard error what was wrong with the arguments. Returns 2. */
int usage_wrong(const struct usage *u, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif

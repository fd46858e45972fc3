/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.h - the options of a command: one table to read them and to print the help.
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
 *         return status;              // --help or wrong usage; the text is already printed
 *     }
 *
 * Long options are --name VALUE or --name=VALUE, short ones -c VALUE or -cVALUE. Options and
 * operands may be mixed. After "--" all arguments are operands. "-" alone is an operand. --help=man
 * prints the help as a manual page.
 */
#ifndef APP_OPTIONS_H
#define APP_OPTIONS_H

#include "base/base.h"

struct option {
    const char *name;  /* without dashes */
    char letter;       /* 0: no short form */
    const char *value; /* name of its value in the help; NULL: a flag */
    const char *text;  /* one sentence */
    const char **to;   /* options with a value: set to a part of argv */
    bool *flag;        /* flags: set to true */
};

struct usage {
    const char *command;
    const char *operands; /* as shown: "FILE...", "" for none */
    const char *text;     /* what the command does, one or more paragraphs */
    const struct option *options;
    size_t count;
};

/* The remaining arguments, in order. */
struct operands {
    char **list;
    int count;
};

/*
 * Parse the arguments and set the options. False: the program ends with *status, and the text
 * (--help or an error) is already printed.
 */
MUST_USE bool options_read(const struct usage *u, int argc, char **argv, struct operands *rest,
                           int *status);

/* Print to standard error why the arguments are wrong. Returns 2. */
int usage_wrong(const struct usage *u, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app.h - the commands: `asymptote-ingest COMMAND [options]`.
 *
 * Each command is a function in a file of its own (src/app/run.c, check_config.c,
 * normalize.c, ...) that gets its arguments from argv[0] = its name on, and returns the exit
 * status: 0 done, 1 it failed, 2 wrong usage.
 */
#ifndef APP_APP_H
#define APP_APP_H

#include "conf/load.h"

/* Find the command in app's table and run it. */
int app_main(int argc, char **argv);

int app_run(int argc, char **argv);
int app_check_config(int argc, char **argv);
int app_normalize(int argc, char **argv);
int app_sample(int argc, char **argv);
int app_errors(int argc, char **argv);
int app_metrics(int argc, char **argv);

/*
 * The configuration; NULL: it cannot be used. All that is wrong with it goes to standard error, as
 * "FILE:LINE: error: ...", and how much that is if it is to be summed up.
 */
MUST_USE struct conf *app_load_conf(const char *path, bool sum_up);

#endif

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

#include "flow/conf.h"

/* Find the command in app's table and run it. */
int app_main(int argc, char **argv);

int app_run(int argc, char **argv);
int app_check_config(int argc, char **argv);
int app_normalize(int argc, char **argv);
int app_sample(int argc, char **argv);
int app_errors(int argc, char **argv);

/* What is wrong with a configuration, as "FILE:LINE: error: ..." on standard error. */
void app_print_problems(const struct conf_problems *p);

#endif

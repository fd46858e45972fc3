/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app.h - the commands: `asymptote-ingest COMMAND [options]`.
 *
 * Each command is a function in a file of its own (src/app/run.c, check_config.c, normalize.c,
 * ...). argv[0] is its name, and its options follow. It returns the exit status: 0 success, 1
 * failure, 2 wrong usage.
 */
#ifndef APP_APP_H
#define APP_APP_H

#include "conf/load.h"

/* Find the command in the table of main.c and run it. */
int app_main(int argc, char **argv);

int app_run(int argc, char **argv);
int app_check_config(int argc, char **argv);
int app_normalize(int argc, char **argv);
int app_sample(int argc, char **argv);
int app_errors(int argc, char **argv);
int app_metrics(int argc, char **argv);
int app_onboard(int argc, char **argv);
int app_verify(int argc, char **argv);
int app_backfill(int argc, char **argv);
int app_reconcile(int argc, char **argv);
int app_redrive(int argc, char **argv);
int app_status(int argc, char **argv);
int app_control(int argc, char **argv);
int app_tap(int argc, char **argv);
int app_diagnose(int argc, char **argv);

struct worker;

/* Read the file again and apply it to the running worker. The result is logged. */
void app_reload(struct worker *w, const char *path);

/*
 * Read the configuration. NULL: it has an error. Prints all problems to standard error as
 * "FILE:LINE: error: ...".
 */
MUST_USE struct conf *app_load_conf(const char *path);

/* Print problems to standard error as "FILE:LINE: error: ...". */
void app_print_problems(const struct conf_problems *p, bool only_errors);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "app/app.h"

#include "app/print.h"
#include "app/version.h"
#include "base/base.h"
#include "conf/value.h"

#include <stdio.h>
#include <string.h>

enum { STATUS_OK = 0, STATUS_USAGE = 2 };

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *text;
} commands[] = {
    {"run", app_run, "Run the worker until SIGTERM or SIGINT."},
    {"backfill", app_backfill, "Send objects that exist already to the customer's queue."},
    {"check-config", app_check_config, "Check a configuration and report every error in it."},
    {"control", app_control,
     "Change a running worker: pause, resume, log-level, debug, reload, drain."},
    {"diagnose", app_diagnose, "Write one archive for the support about a running worker."},
    {"errors", app_errors, "Show the outcome of each class of error."},
    {"metrics", app_metrics, "Show the metrics that a running worker exposes."},
    {"normalize", app_normalize, "Convert event files to events on standard output."},
    {"onboard", app_onboard,
     "Bring a customer in: policies, templates, commands, a letter, an entry."},
    {"reconcile", app_reconcile, "Find objects of a customer that were not delivered."},
    {"redrive", app_redrive, "Show what is in dead-letter queues, and send it back."},
    {"sample", app_sample, "Report how an event file would be read, and which fields it lacks."},
    {"status", app_status, "Show whether every customer of a running worker is fresh."},
    {"tap", app_tap, "Show records of a customer as they pass through a running worker."},
    {"verify", app_verify, "Check live whether customers are set up."},
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void print_help(FILE *to)
{
    (void)fputs("Usage: asymptote-ingest COMMAND [OPTION]...\n\n"
                "Ingests agent event files from customers' S3 buckets, notified through SQS, into "
                "Kafka.\n\n"
                "Commands:\n",
                to);
    for (size_t i = 0; i < COMMANDS; i++) {
        (void)fprintf(to, "  %-14s  %s\n", commands[i].name, commands[i].text);
    }
    (void)fputs("\n'asymptote-ingest COMMAND --help' shows its options. 'asymptote-ingest "
                "--version' shows\n"
                "the versions of the program and its libraries.\n"
                "Exit status: 0 success, 1 failure, 2 wrong usage.\n",
                to);
}

static int say_unknown(const char *name)
{
    const char *names[COMMANDS + 1] = {NULL};
    for (size_t i = 0; i < COMMANDS; i++) {
        names[i] = commands[i].name;
    }
    const char *near = conf_nearest(name, names);
    print_line(stderr,
               "asymptote-ingest: unknown command '%s'%s%s%s (try 'asymptote-ingest --help')", name,
               near != NULL ? "; did you mean " : "", near != NULL ? near : "",
               near != NULL ? "?" : "");
    return STATUS_USAGE;
}

int app_main(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return STATUS_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--version") == 0 || strcmp(name, "version") == 0) {
        version_print();
        return STATUS_OK;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        print_help(stdout);
        return STATUS_OK;
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    return say_unknown(name);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "app/app.h"

#include "app/options.h"
#include "app/print.h"
#include "base/buf.h"
#include "conf/conf.h"

enum { STATUS_OK = 0, STATUS_FAILED = 1, TEXT_MAX_BYTES = 64 * 1024 * 1024 };

static int check_file(const char *path, bool print)
{
    OWNED(conf) struct conf *c = app_load_conf(path, true);
    if (c == NULL) {
        return STATUS_FAILED;
    }
    struct buf out = BUF_INIT(TEXT_MAX_BYTES);
    if (print) {
        conf_print(c, &out);
    }
    return print ? print_and_free(&out) : STATUS_OK;
}

int app_check_config(int argc, char **argv)
{
    const char *path = NULL;
    bool print = false;
    bool sample = false;
    bool reference = false;
    bool manual = false;
    const struct option options[] = {
        {.name = "config",
         .letter = 'c',
         .value = "FILE",
         .text = "The configuration.",
         .to = &path},
        {.name = "print",
         .text = "Show every value, defaults included, with secrets masked.",
         .flag = &print},
        {.name = "sample", .text = "Print a sample file with every key.", .flag = &sample},
        {.name = "reference", .text = "Print docs/configuration.md.", .flag = &reference},
        {.name = "manual",
         .text = "Print the manual page asymptote-ingest.conf(5).",
         .flag = &manual},
    };
    const struct usage usage = {
        "check-config", "",
        "Read a configuration, the files it includes and customers.d/ beside it, and report\n"
        "every error on standard error, with file and line. No network connection is made.\n"
        "Exit status: 0 if it can be used, 1 if not.",
        options, sizeof(options) / sizeof(options[0])};
    struct operands rest;
    int status = STATUS_OK;
    if (!options_read(&usage, argc, argv, &rest, &status)) {
        return status;
    }
    if (rest.count > 0) {
        return usage_wrong(&usage, "takes no operand '%s'; the file goes to -c", rest.list[0]);
    }
    struct buf out = BUF_INIT(TEXT_MAX_BYTES);
    if (sample || reference || manual) {
        (sample ? conf_sample : reference ? conf_reference : conf_manual)(&out);
        return print_and_free(&out);
    }
    return path != NULL ? check_file(path, print) : usage_wrong(&usage, "-c FILE is missing");
}

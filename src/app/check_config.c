/* SPDX-License-Identifier: Apache-2.0 */
#include "app/app.h"

#include "app/options.h"
#include "app/print.h"
#include "base/buf.h"
#include "conf/conf.h"
#include "conf/memory.h"
#include "net/unix_socket.h"

enum { STATUS_OK = 0, STATUS_FAILED = 1, TEXT_MAX_BYTES = 64 * 1024 * 1024, MIB = 1024 * 1024 };

static size_t mib(size_t bytes)
{
    return bytes / MIB;
}

/* The numbers of the log's line of the same name, to compare before and after a change. */
static void add_plan(const struct conf *c, struct buf *out)
{
    struct memory_plan p;
    memory_plan(c, &p);
    size_t parts = mib(p.lanes_bytes) + mib(p.cores_bytes) + mib(p.large_bytes) +
                   mib(p.long_bytes) + mib(p.inbox_bytes) + mib(p.kafka_bytes);
    buf_addf(out,
             "memory plan: at most %zu MiB: %d lanes %zu, cores %zu, %zu large objects %zu, long "
             "lines %zu, inbox %zu, Kafka queue %zu, rest %zu",
             mib(p.total_bytes), c->limits.lanes, mib(p.lanes_bytes), mib(p.cores_bytes),
             memory_large_objects(c), mib(p.large_bytes), mib(p.long_bytes), mib(p.inbox_bytes),
             mib(p.kafka_bytes), mib(p.total_bytes) - parts);
    if (c->limits.memory != 0) {
        buf_addf(out, "; limits.memory %zu", (size_t)c->limits.memory / MIB);
    }
    buf_add_byte(out, '\n');
}

/*
 * A start on this machine as this user would end with the same words. It is a warning, since a
 * configuration is often checked elsewhere, and systemd creates the folder at the start only.
 */
static size_t warn_of_socket(const char *path, const struct conf *c)
{
    struct err e = {.kind = FAIL_NONE};
    if (c->control.socket == NULL || unix_socket_check(c->control.socket, &e) == FAIL_NONE) {
        return 0;
    }
    print_line(stderr, "%s: warning: control.socket: %s (a start here as this user fails)", path,
               e.text);
    return 1;
}

static struct conf *load(const char *path)
{
    struct conf_problems problems = {0};
    struct conf *c = conf_load(path, &problems);
    app_print_problems(&problems, false);
    size_t warnings = problems.count - problems.errors + (c != NULL ? warn_of_socket(path, c) : 0);
    print_line(stderr, "%s: %zu errors, %zu warnings", path, problems.errors, warnings);
    conf_problems_done(&problems);
    return c;
}

static int check_file(const char *path, bool print)
{
    OWNED(conf) struct conf *c = load(path);
    if (c == NULL) {
        return STATUS_FAILED;
    }
    struct buf out = BUF_INIT(TEXT_MAX_BYTES);
    if (print) {
        conf_print(c, &out);
    } else {
        add_plan(c, &out);
    }
    return print_and_free(&out);
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
        "every error on standard error, with file and line. The memory that it can take at most "
        "is\n"
        "printed, and a warning if a start here as this user could not make control.socket. No\n"
        "network connection is made.\n"
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

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `normalize`: prints the events of event files to standard output, on the worker's path. For
 * inspecting a file's events, for tests, and for moving old files by other means.
 */
#include "app/app.h"

#include "app/customer.h"
#include "app/input.h"
#include "app/options.h"
#include "app/print.h"
#include "app/records.h"
#include "app/survey.h"
#include "base/buf.h"
#include "base/visible.h"
#include "codec/timestamp.h"
#include "conf/refuse.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    STATUS_OK = 0,
    STATUS_FAILED = 1,
    STATUS_IN_PART = 3,
    UNREAD_BYTES = 1024,     /* of words */
    OUT_BYTES = 1024 * 1024, /* size of a write */
    OUT_MAX_BYTES = 256 * 1024 * 1024,
    NS_PER_S = 1000000000,
};

/* A file that is written in large pieces. */
struct out {
    int fd;
    struct buf waiting;
    int error;     /* errno of the first failed write; nothing is written after it */
    bool terminal; /* control characters are escaped */
};

static void out_flush(struct out *o)
{
    struct span rest = buf_span(&o->waiting);
    while (rest.n > 0 && o->error == 0) {
        ssize_t n = write(o->fd, rest.p, rest.n);
        if (n >= 0) {
            rest = span_from(rest, (size_t)n);
        } else if (errno != EINTR) {
            o->error = errno;
        }
    }
    buf_clear(&o->waiting);
}

static void out_line(struct out *o, struct span line)
{
    if (o->waiting.n + line.n >= OUT_BYTES) {
        out_flush(o);
    }
    if (o->terminal) {
        visible_add_json(&o->waiting, line);
    } else {
        buf_add(&o->waiting, line);
    }
    buf_add_byte(&o->waiting, '\n');
}

#define DONE "; the worker is done with it"

struct job {
    const char *customer;
    const char *object;  /* NULL: file://PATH */
    const char *version; /* NULL: none */
    int64_t time_ns;     /* 0: the file's modification time */
    const struct rules *rules;
    const struct customer_conf *conf; /* NULL: no configuration */
    bool accepts;                     /* the customer accepts unreadable objects */
    struct records *records;
    struct out events;
    struct out rejects; /* fd -1: only counted */
    uint64_t lines;
    uint64_t event_count;
    uint64_t reject_counts[REJECT_REASONS];
};

static void record_put(struct job *j, const struct output *record)
{
    if (record->kind == OUTPUT_EVENT) {
        j->event_count++;
        out_line(&j->events, record->value);
        return;
    }
    j->reject_counts[record->reason] += record->count;
    if (j->rejects.fd >= 0) {
        out_line(&j->rejects, record->value);
    }
}

static int64_t modified_ns(const struct job *j, int fd)
{
    struct stat st = {0};
    if (j->time_ns != 0 || fstat(fd, &st) != 0) {
        return j->time_ns;
    }
    return (int64_t)st.st_mtim.tv_sec * NS_PER_S + st.st_mtim.tv_nsec;
}

/* Say if the worker does not read the file. True: it is known. */
static bool says_left_out(const struct job *j, const char *path)
{
    struct buf words = BUF_INIT(UNREAD_BYTES);
    bool left_out = j->conf != NULL && customer_leaves_out(j->conf, j->object, path, &words);
    if (words.n > 0) {
        print_line(stderr, "%s: %.*s", path, SPAN_FMT(buf_span(&words)));
    }
    buf_done(&words);
    return left_out;
}

/* Normalize one file. Returns its exit status. */
static int file_normalize(struct job *j, const char *path)
{
    int fd = input_open(path);
    if (fd < 0) {
        return STATUS_FAILED;
    }
    if (says_left_out(j, path)) {
        input_close(fd);
        return STATUS_IN_PART;
    }
    struct buf object = BUF_INIT(8192);
    buf_addf(&object, "file://%s", path);
    struct object_origin origin = {
        .customer = span_str(j->customer),
        .object = j->object != NULL ? span_str(j->object) : buf_span(&object),
        .version = span_str(j->version),
        .modified_ns = modified_ns(j, fd),
    };
    struct output record;
    records_open(j->records, fd, &origin, j->rules);
    while (j->events.error == 0 && records_next(j->records, &record)) {
        record_put(j, &record);
    }
    j->lines += records_line_count(j->records);
    if (records_skipped(j->records) > 0) {
        print_line(stderr, "%s: %" PRIu64 " skipped, which hold nothing: " SURVEY_SKIPPED, path,
                   records_skipped(j->records));
    }
    const struct err *e = records_error(j->records);
    bool accepted = e->kind == FAIL_FORMAT && j->accepts; /* with one reject */
    if (e->kind != FAIL_NONE) {
        print_line(stderr, "%s: %s%s", path, e->text, accepted ? DONE : "");
    }
    struct buf unread = BUF_INIT(UNREAD_BYTES);
    records_unread(j->records, &unread);
    if (unread.n > 0) {
        print_line(stderr, "%s: %.*s" DONE, path, SPAN_FMT(buf_span(&unread)));
    }
    int status = e->kind != FAIL_NONE && !accepted ? STATUS_FAILED
                 : accepted || unread.n > 0        ? STATUS_IN_PART
                                                   : STATUS_OK;
    buf_done(&unread);
    input_close(fd);
    buf_done(&object);
    return status;
}

/* Print the number of rejects to standard error, if they are not written elsewhere. */
static void say_rejects(const struct job *j)
{
    uint64_t all = 0;
    for (int i = 0; i < REJECT_REASONS; i++) {
        all += j->reject_counts[i];
    }
    if (all == 0 || j->rejects.fd >= 0) {
        return;
    }
    if (j->lines > 0) { /* what is no text has none */
        (void)fprintf(stderr, "%" PRIu64 " line%s, ", j->lines, j->lines == 1 ? "" : "s");
    }
    (void)fprintf(stderr, "%" PRIu64 " event%s, %" PRIu64 " reject%s:", j->event_count,
                  j->event_count == 1 ? "" : "s", all, all == 1 ? "" : "s");
    for (int i = 0; i < REJECT_REASONS; i++) {
        if (j->reject_counts[i] > 0) {
            (void)fprintf(stderr, " %s=%" PRIu64, reject_reason_name((enum reject_reason)i),
                          j->reject_counts[i]);
        }
    }
    (void)fputs(" (--rejects FILE keeps them)\n", stderr);
}

/* A closed pipe (EPIPE) is not reported. */
static bool out_done(struct out *o, const char *name)
{
    out_flush(o);
    buf_done(&o->waiting);
    if (o->error != 0 && o->error != EPIPE) {
        print_line(stderr, "%s: %s", name, strerrordesc_np(o->error));
    }
    return o->error == 0;
}

static int job_run(struct job *j, const struct operands *files)
{
    int worst = STATUS_OK;
    j->events.terminal = isatty(j->events.fd) == 1;
    j->rejects.terminal = isatty(j->rejects.fd) == 1;
    for (int i = 0; i < files->count; i++) {
        int status = file_normalize(j, files->list[i]);
        worst = worst == STATUS_OK || status == STATUS_FAILED ? status : worst;
    }
    bool ok = out_done(&j->events, "standard output");
    say_rejects(j);
    ok = out_done(&j->rejects, "rejects") && ok;
    return ok ? worst : STATUS_FAILED;
}

/* Run with the parsed arguments. */
static int normalize_files(struct job *j, const char *config, const char *rejects,
                           const struct operands *files)
{
    struct records_options o = records_defaults();
    OWNED(conf)
    struct conf *c = config != NULL ? customer_load(config, j->customer, &o, &j->rules) : NULL;
    if (config != NULL && c == NULL) {
        return STATUS_FAILED;
    }
    j->conf = c != NULL ? conf_customer(c, span_str(j->customer)) : NULL;
    o.rejects_wait = true;
    j->accepts = o.accept_unreadable;
    if (rejects != NULL) {
        j->rejects.fd = open(rejects, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        if (j->rejects.fd < 0) {
            print_line(stderr, "%s: %s", rejects, strerrordesc_np(errno));
            return STATUS_FAILED;
        }
    }
    j->records = records_new(&o);
    int status = job_run(j, files);
    records_free(j->records);
    input_close(j->rejects.fd);
    return status;
}

int app_normalize(int argc, char **argv)
{
    struct job j = {.customer = "local",
                    .events = {.fd = STDOUT_FILENO, .waiting = BUF_INIT(OUT_MAX_BYTES)},
                    .rejects = {.fd = -1, .waiting = BUF_INIT(OUT_MAX_BYTES)}};
    const char *config = NULL;
    const char *rejects = NULL;
    const char *time = NULL;
    const struct option options[] = {
        {.name = "customer",
         .value = "ID",
         .text = "Customer of the events; 'local' if not given.",
         .to = &j.customer},
        {.name = "rejects",
         .value = "FILE",
         .text = "Write rejects there; else they are only counted.",
         .to = &rejects},
        {.name = "object",
         .value = "NAME",
         .text = "ingest.object; file://PATH if not given.",
         .to = &j.object},
        {.name = "object-version",
         .value = "TEXT",
         .text = "ingest.version; none if not given.",
         .to = &j.version},
        {.name = "time",
         .value = "TIME",
         .text = "When the object was last modified; else the file's time.",
         .to = &time},
        {.name = "config",
         .letter = 'c',
         .value = "FILE",
         .text = "Take the customer's rules, its 'unreadable' and the limits from there.",
         .to = &config},
    };
    const struct usage usage = {
        "normalize", "FILE...",
        "Turn event files, plain or compressed, into events of schema 1.0: JSON lines on standard "
        "output.\n"
        "'-' is standard input. Neither AWS nor Kafka is needed.\n"
        "Exit status: 0 also if there were rejects, or if a file is empty;\n"
        "1 if a file could not be read to its end, or is unreadable (it has content, but no\n"
        "event), or exceeds a limit (of rejects, too); 3 if the worker is done with a file of\n"
        "which a part is not read, since it is damaged, or which is unreadable and accepted; and "
        "if\n"
        "it does not read the object of --object, since that is not below the customer's prefix, "
        "or\n"
        "'only' or 'ignore' leave it out: then there are no events. Standard error says what it "
        "is.\n"
        " Events and rejects are those that the worker produces of the file at the last "
        "receive.",
        options, sizeof(options) / sizeof(options[0])};
    struct operands files;
    int status = STATUS_OK;
    if (!options_read(&usage, argc, argv, &files, &status)) {
        return status;
    }
    struct timestamp t;
    if (files.count == 0) {
        return usage_wrong(&usage, "no file is given; '-' is standard input");
    }
    if (refuse_customer_id(j.customer) != NULL) {
        return usage_wrong(&usage, "--customer %s", refuse_customer_id(j.customer));
    }
    if (time != NULL && !timestamp_parse(span_str(time), &t)) {
        return usage_wrong(&usage, "--time must be like 2026-01-02T03:04:05Z");
    }
    j.time_ns = time != NULL ? t.ns : 0;
    return normalize_files(&j, config, rejects, &files);
}

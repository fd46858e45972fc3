/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diagnose.c - one archive about a running worker, for those who help. By default it has no text of
 * an error and no key of an object; lines and samples it never has.
 */
#include "app/app.h"

#include "app/archive.h"
#include "app/options.h"
#include "app/print.h"
#include "app/reach.h"
#include "base/clock.h"
#include "event/normalize.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum {
    STATUS_OK = 0,
    STATUS_FAILED = 1,
    HTTP_OK = 200,
    ANSWER_BYTES = 256 * 1024 * 1024,
    MANIFEST_BYTES = 64 * 1024,
    OWN_FILES = 2, /* version.txt, MANIFEST */
};

struct part {
    const char *name, *target;
};

static const struct part parts[] = {
    {"status.json", "/status.json?limit=1000&plain=1"},
    {"metrics.txt", "/metrics"},
    {"ready.txt", "/readyz"},
    {"health.txt", "/healthz"},
    {"threads.txt", "/threads"},
    {"errors.txt", "/errors"},
    {"kafka.json", "/kafka.json"},
    {"configuration.conf", "/config"},
};

static const struct part details = {"status-details.json", "/status.json?limit=1000"};

/* What a part is, also if the worker does not answer. */
static bool add_part(struct reach *r, const struct part *p, struct archive *a)
{
    struct http_answer answer;
    struct err e = {.kind = FAIL_NONE};
    int64_t now_s = clock_wall_ms(&clock_system) / 1000;
    http_answer_init(&answer, ANSWER_BYTES);
    bool answered = reach_try(r, "GET", p->target, &answer, &e) == FAIL_NONE;
    if (answered) {
        archive_add(a, p->name, buf_span(&answer.body), now_s);
    } else {
        print_line(stderr, "%s: %s", p->name, e.text);
    }
    http_answer_done(&answer);
    return answered;
}

static void add_version(struct archive *a)
{
    struct buf out = BUF_INIT(MANIFEST_BYTES);
    buf_addf(&out,
             "asymptote-ingest %s, rules %d; made by this program, status.json has the "
             "worker's version\n",
             INGEST_VERSION, INGEST_RULES);
    archive_add(a, "version.txt", buf_span(&out), clock_wall_ms(&clock_system) / 1000);
    buf_done(&out);
}

/* A new file that only this user can read. */
static bool write_file(const char *path, struct span bytes)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool good = fd >= 0;
    while (good && bytes.n != 0) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        good = n > 0;
        (void)span_take(&bytes, good ? (size_t)n : 0);
    }
    if (!good) {
        print_line(stderr, "%s: %s", path, strerrordesc_np(errno));
    }
    return (fd < 0 || close(fd) == 0) && good;
}

/* False: no worker is there, and that was printed once, not for each part. */
static bool answers(struct reach *r)
{
    struct http_answer answer;
    http_answer_init(&answer, ANSWER_BYTES);
    bool yes = reach_call(r, "GET", "/healthz", &answer);
    http_answer_done(&answer);
    return yes;
}

static int diagnose(struct reach *r, const char *path, bool with_details)
{
    struct archive a = {.tar = BUF_INIT(ANSWER_BYTES),
                        .manifest = BUF_INIT(MANIFEST_BYTES),
                        .folder = "asymptote-ingest-diagnose"};
    struct buf gz = BUF_INIT(ANSWER_BYTES);
    size_t added = 0;
    if (!answers(r)) {
        return STATUS_FAILED;
    }
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        added += add_part(r, &parts[i], &a);
    }
    added += with_details && add_part(r, &details, &a);
    add_version(&a);
    bool good = added != 0 && archive_end(&a, clock_wall_ms(&clock_system) / 1000, &gz) &&
                write_file(path, buf_span(&gz));
    if (good) {
        print_line(stdout, "%s: %zu files, %zu bytes; look into it before you send it", path,
                   added + OWN_FILES, gz.n);
    }
    buf_done(&gz);
    archive_done(&a);
    return good ? STATUS_OK : STATUS_FAILED;
}

int app_diagnose(int argc, char **argv)
{
    struct reach_options where = {.socket = NULL};
    const char *path = NULL;
    bool with_details = false;
    const struct option options[] = {
        REACH_OPTION_SOCKET(where),
        REACH_OPTION_CONFIG(where),
        {.name = "out",
         .letter = 'o',
         .value = "FILE",
         .text = "The archive, a new file (.tar.gz).",
         .to = &path},
        {.name = "with-details",
         .text = "Also the texts of errors, which may name keys of objects.",
         .flag = &with_details},
    };
    const struct usage usage = {
        "diagnose", "",
        "Write one archive about a running worker, for those who help: status, metrics, threads, "
        "the\n"
        "last warnings, the configuration with secrets masked, versions, and the SHA-256 of each.\n"
        "It never has lines, samples or credentials, and no key of an object unless asked.",
        options, sizeof(options) / sizeof(options[0])};
    struct operands rest;
    struct reach r;
    int status = STATUS_OK;
    if (!options_read(&usage, argc, argv, &rest, &status)) {
        return status;
    }
    if (rest.count != 0 || path == NULL) {
        return usage_wrong(&usage, "%s", path == NULL ? "needs --out FILE" : "takes no operand");
    }
    status = STATUS_FAILED;
    if (reach_init(&r, &where)) {
        if (r.socket == NULL) {
            print_line(stderr, "control.socket is not set in this configuration");
        } else {
            status = diagnose(&r, path, with_details);
        }
    }
    reach_done(&r);
    return status;
}

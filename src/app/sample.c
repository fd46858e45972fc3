/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `sample`: reports whether a file would be accepted, and what its events would be. For customers
 * and for their onboarding; on the worker's path (onboarding.md §5).
 */
#include "app/app.h"

#include "app/customer.h"
#include "app/input.h"
#include "app/options.h"
#include "app/print.h"
#include "app/records.h"
#include "app/survey_print.h"
#include "conf/refuse.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    STATUS_OK = 0,
    STATUS_REFUSED = 1,
    STATUS_IN_PART = 3,
    OUT_BYTES = 1 << 20,
    OBJECT_BYTES = 8192,
    FORMAT_BYTES = 512,
    NS_PER_S = 1000000000,
};

/* The modification time of the file; for a pipe the current time. */
static int64_t modified_ns(int fd)
{
    struct stat st = {0};
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        return (int64_t)st.st_mtim.tv_sec * NS_PER_S + st.st_mtim.tv_nsec;
    }
    return (int64_t)time(NULL) * NS_PER_S;
}

static bool wants_colour(void)
{
    const char *no = getenv("NO_COLOR"); /* NOLINT(concurrency-mt-unsafe): never set here */
    return isatty(STDOUT_FILENO) == 1 && no == NULL;
}

static void print_survey(const struct survey *s, const struct survey_file *file, bool json)
{
    struct buf out = BUF_INIT(OUT_BYTES);
    if (json) {
        survey_print_json(s, file, &out);
    } else {
        survey_print_text(s, file, wants_colour(), &out);
    }
    (void)fwrite(out.p, 1, out.n, stdout);
    buf_done(&out);
}

struct sampling {
    const char *customer;
    const char *object;               /* NULL: file://PATH */
    const struct customer_conf *conf; /* NULL: no configuration */
    const struct rules *rules;        /* NULL: built-in only */
    struct records *records;
    bool json;
    bool accepts; /* the customer accepts unreadable objects */
};

/* Sample one open file and print the result. Returns its exit status. */
static int sample_fd(const struct sampling *g, int fd, const char *path)
{
    struct buf object = BUF_INIT(OBJECT_BYTES);
    buf_addf(&object, "file://%s", path); /* as in normalize */
    struct object_origin origin = {.customer = span_str(g->customer),
                                   .object =
                                       g->object != NULL ? span_str(g->object) : buf_span(&object),
                                   .modified_ns = modified_ns(fd)};
    struct records *r = g->records;
    OWNED(survey) struct survey *s = survey_new(&origin, g->rules);
    struct output record;
    records_open(r, fd, &origin, g->rules);
    while (records_next(r, &record)) {
        survey_add(s, &record, records_piece(r));
    }
    const struct err *e = records_error(r);
    bool shown = e->kind == FAIL_NONE || e->kind == FAIL_FORMAT || e->kind == FAIL_LIMIT ||
                 e->kind == FAIL_DATA;
    s->members_dropped += records_dropped_behind(r);
    s->skipped = records_skipped(r);
    struct buf unread = BUF_INIT(SURVEY_WORDS_BYTES);
    records_unread(r, &unread);
    survey_end(s, e, buf_span(&unread), g->accepts);
    buf_clear(&unread);
    s->left_out = g->conf != NULL && customer_leaves_out(g->conf, g->object, path, &unread);
    err_copy(s->left_out_words, sizeof(s->left_out_words), buf_span(&unread));
    buf_done(&unread);
    if (e->kind != FAIL_NONE) {
        print_line(stderr, "%s: %s", path, e->text);
    }
    if (shown) {
        struct buf format = BUF_INIT(FORMAT_BYTES);
        records_format(r, &format);
        struct survey_file file = {.name = path,
                                   .lines = records_line_count(r),
                                   .framing = records_framing(r),
                                   .format = buf_span(&format)};
        print_survey(s, &file, g->json);
        buf_done(&format);
    }
    buf_done(&object);
    static const int statuses[] = {[SURVEY_ACCEPTED] = STATUS_OK,
                                   [SURVEY_IN_PART] = STATUS_IN_PART,
                                   [SURVEY_LEFT] = STATUS_REFUSED};
    return shown ? statuses[survey_verdict(s)] : STATUS_REFUSED;
}

static int sample_file(const struct sampling *g, const char *path)
{
    int fd = input_open(path);
    int status = fd >= 0 ? sample_fd(g, fd, path) : STATUS_REFUSED;
    input_close(fd);
    return status;
}

static int sample_files(struct sampling *g, const char *config, const struct operands *files)
{
    struct records_options o = records_defaults();
    OWNED(conf)
    struct conf *c = config != NULL ? customer_load(config, g->customer, &o, &g->rules) : NULL;
    if (config != NULL && c == NULL) {
        return STATUS_REFUSED;
    }
    OWNED(records) struct records *r = records_new(&o);
    g->records = r;
    g->accepts = o.accept_unreadable;
    g->conf = c != NULL ? conf_customer(c, span_str(g->customer)) : NULL;
    int worst = STATUS_OK;
    for (int i = 0; i < files->count; i++) {
        int status = sample_file(g, files->list[i]);
        worst = worst == STATUS_OK || status == STATUS_REFUSED ? status : worst;
    }
    return worst;
}

int app_sample(int argc, char **argv)
{
    struct sampling g = {.customer = "local"};
    const char *config = NULL;
    const struct option options[] = {
        {.name = "json", .text = "One JSON object per file, for machines.", .flag = &g.json},
        {.name = "config",
         .letter = 'c',
         .value = "FILE",
         .text = "Take the customer's rules and the limits from there.",
         .to = &config},
        {.name = "customer",
         .value = "ID",
         .text = "Id of a customer of the configuration; needed with -c.",
         .to = &g.customer},
        {.name = "object",
         .value = "NAME",
         .text = "Name of the object, s3://BUCKET/KEY: whether the worker reads it for the "
                 "customer (prefix, 'only', 'ignore').",
         .to = &g.object},
    };
    const struct usage usage = {
        "sample", "FILE...",
        "Report how event files would be read: their compression, encoding and framing, how many\n"
        "lines are events, which fields are there and from which members, what is changed, which\n"
        "times cannot be read, one event before and after, and where something looks like a "
        "secret\n"
        "(never the secret itself). '-' is standard input.\n"
        "Exit status: 0 the files would be accepted, or are empty; 1 one would not, since it\n"
        "cannot be read, is unreadable (it has content, but no event), or exceeds a limit: the\n"
        "worker leaves its notification for the dead-letter queue. 3 one would be accepted in\n"
        "part: the worker is done with it, but a part of it is not read since it is damaged, or\n"
        "it has more rejects than events, or is unreadable and accepted; or the object is not "
        "read,\n"
        "since it is not below the customer's prefix, or 'only' or 'ignore' leave it out.",
        options, sizeof(options) / sizeof(options[0])};
    struct operands files;
    int status = STATUS_OK;
    if (!options_read(&usage, argc, argv, &files, &status)) {
        return status;
    }
    if (files.count == 0) {
        return usage_wrong(&usage, "no file is given; '-' is standard input");
    }
    if (refuse_customer_id(g.customer) != NULL) {
        return usage_wrong(&usage, "--customer %s", refuse_customer_id(g.customer));
    }
    return sample_files(&g, config, &files);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The speed of normalization, compared with a bare parser and with json-c on the same bytes in the
 * same run: megabytes of input per second of CPU time on one core.
 *
 *     bench_normalize FILE.jsonl...     files from tests/tools/gen_events.py
 *
 * The output begins with the costs of the search for duplicate names and of the type checks, which
 * a bare parser omits. Then each row adds a step to those before it:
 *
 *     dom        simdjson's DOM of each line
 *     +names     plus the search for duplicate names
 *     +checks    plus the check of the schema's members and types
 *     +identity  plus the event's id
 *     normalize  all steps: an event with `ingest`, or a reject
 *     strict     the strict reader (codec/json.h) instead of simdjson, without other steps
 *     json-c     parse and print
 */
#include "event/normalize.h"
#include "base/buf.h"
#include "codec/json.h"
#include "event/record/duplicate_names.h"
#include "event/record/identity.h"
#include "event/repair/beacon.h"

#include <json.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { LINE_BYTES = 1 << 20, RUNS = 5, SAMPLE_BYTES = 4096 };

static const double RUN_SECONDS = 0.4;

static const struct object_origin source = {
    .customer = SPAN_INIT("bench"),
    .object = SPAN_INIT("s3://bucket/prefix/object.jsonl.gz"),
    .version = SPAN_INIT("d41d8cd98f00b204e9800998ecf8427e"),
    .modified_ns = INT64_C(1790000000) * 1000000000};

struct bench {
    struct span text;
    struct json_reader *reader;
    struct duplicate_names names;
    struct identity *identity;
    struct ordinals *ordinals;
    struct framing *framing;
    struct normalizer *normalizer;
    struct json_tokener *tokener;
    size_t done; /* the results are used, so that the compiler does not remove the work */
};

typedef void piece_fn(struct bench *b, const struct piece *piece);

static void run_dom(struct bench *b, const struct piece *piece)
{
    struct doc d;
    b->done += json_read(b->reader, piece->text, &d);
}

static void run_strict(struct bench *b, const struct piece *piece)
{
    struct doc d;
    struct span text = piece->text;
    b->done += json_scan(b->reader, &text, &d, NULL) == FAIL_NONE;
}

static void run_names(struct bench *b, const struct piece *piece)
{
    struct doc d;
    if (json_read(b->reader, piece->text, &d)) {
        b->done += duplicate_names_absent(&b->names, &d, DOC_ROOT);
    }
}

static void run_checks(struct bench *b, const struct piece *piece)
{
    struct doc d;
    struct beacon checked;
    if (json_read(b->reader, piece->text, &d) && doc_tag(&d, DOC_ROOT) == '{') {
        b->done += duplicate_names_absent(&b->names, &d, DOC_ROOT);
        beacon_check(&d, DOC_ROOT, source.modified_ns, &checked);
        b->done += checked.right;
    }
}

static void run_identity(struct bench *b, const struct piece *piece)
{
    struct doc d;
    struct beacon checked;
    char id[IDENTITY_BYTES];
    bool forgot = false;
    if (json_read(b->reader, piece->text, &d) && doc_tag(&d, DOC_ROOT) == '{') {
        b->done += duplicate_names_absent(&b->names, &d, DOC_ROOT);
        beacon_check(&d, DOC_ROOT, source.modified_ns, &checked);
        struct hashed_record r = {&d, DOC_ROOT, &b->names, true};
        identity_read(b->identity, &r);
        identity_write(b->identity, &checked.facts, id, &forgot);
        b->done += checked.right;
    }
}

static void run_normalize(struct bench *b, const struct piece *piece)
{
    struct output r;
    normalizer_piece(b->normalizer, piece);
    while (normalizer_next(b->normalizer, &r)) {
        b->done += r.value.n;
    }
}

static void run_jsonc(struct bench *b, const struct piece *piece)
{
    json_tokener_reset(b->tokener);
    struct json_object *o = json_tokener_parse_ex(b->tokener, piece->text.p, (int)piece->text.n);
    size_t n = 0;
    if (o != NULL) {
        (void)json_object_to_json_string_length(
            o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &n);
        json_object_put(o);
    }
    b->done += n;
}

static void each_piece(struct bench *b, piece_fn *fn)
{
    struct piece piece;
    struct span text = b->text;
    framing_reset(b->framing);
    normalizer_object(b->normalizer, &source, NULL);
    ordinals_clear(b->ordinals);
    identity_object(b->identity, &source, b->ordinals);
    while (framing_next(b->framing, &text, &piece)) {
        fn(b, &piece);
    }
    while (framing_last(b->framing, &piece)) {
        fn(b, &piece);
    }
}

static double cpu_s(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The best of several runs, in megabytes per second. */
static double rate(struct bench *b, piece_fn *fn)
{
    double best = 0;
    each_piece(b, fn); /* buffers grow and caches fill */
    for (int i = 0; i < RUNS; i++) {
        size_t times = 0;
        double before = cpu_s();
        double took = 0;
        do {
            each_piece(b, fn);
            times++;
            took = cpu_s() - before;
        } while (took < RUN_SECONDS);
        double mb_s = (double)b->text.n * (double)times / 1e6 / took;
        best = mb_s > best ? mb_s : best;
    }
    return best;
}

static bool read_all(const char *path, struct buf *out)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        perror(path);
        return false;
    }
    char piece[65536];
    size_t n = 0;
    while ((n = fread(piece, 1, sizeof(piece), f)) > 0) {
        buf_add(out, span_of(piece, n));
    }
    (void)fclose(f);
    return buf_room(out, FRAMING_SLACK) != NULL;
}

enum row_name {
    ROW_DOM,
    ROW_NAMES,
    ROW_CHECKS,
    ROW_IDENTITY,
    ROW_NORMALIZE,
    ROW_STRICT,
    ROW_JSONC
};

static const struct {
    const char *name;
    piece_fn *fn;
} rows[] = {
    [ROW_DOM] = {"dom", run_dom},
    [ROW_NAMES] = {"+names", run_names},
    [ROW_CHECKS] = {"+checks", run_checks},
    [ROW_IDENTITY] = {"+identity", run_identity},
    [ROW_NORMALIZE] = {"normalize", run_normalize},
    [ROW_STRICT] = {"strict", run_strict},
    [ROW_JSONC] = {"json-c", run_jsonc},
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

/* Print the cost of a step beyond that of the one before it. */
static void step_print(const char *what, const double mb_s[ROWS], enum row_name step)
{
    double us = 1e6 / mb_s[step] - 1e6 / mb_s[step - 1];
    (void)printf("  %-28s %6.0f us/MB  %3.0f %% of normalize\n", what, us,
                 us * mb_s[ROW_NORMALIZE] / 1e4);
}

static void bench_file(struct bench *b, const char *path)
{
    struct buf text = BUF_INIT((size_t)4 << 30);
    if (!read_all(path, &text)) {
        exit(1);
    }
    b->text = buf_span(&text);
    (void)printf("%s: %.1f MB, %s\n", path, (double)text.n / 1e6, json_engine());
    double mb_s[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        mb_s[i] = rate(b, rows[i].fn);
    }
    step_print("names that stand twice cost", mb_s, ROW_NAMES);
    step_print("members and types cost", mb_s, ROW_CHECKS);
    step_print("identity costs", mb_s, ROW_IDENTITY);
    for (size_t i = 0; i < ROWS; i++) {
        (void)printf("  %-10s %8.0f MB/s  %5.2f of dom  %6.0f us/MB\n", rows[i].name, mb_s[i],
                     mb_s[i] / mb_s[ROW_DOM], 1e6 / mb_s[i]);
    }
    buf_done(&text);
}

int main(int argc, char **argv)
{
    const struct normalize_options o = {
        .event_bytes = LINE_BYTES, .line_bytes = LINE_BYTES, .sample_bytes = SAMPLE_BYTES};
    struct bench b = {.reader = json_reader_new(LINE_BYTES),
                      .identity = identity_new(),
                      .ordinals = ordinals_new(),
                      .framing = framing_new(LINE_BYTES, SAMPLE_BYTES),
                      .normalizer = normalizer_new(&o),
                      .tokener = json_tokener_new_ex(JSON_MAX_DEPTH)};
    duplicate_names_init(&b.names);
    for (int i = 1; i < argc; i++) {
        bench_file(&b, argv[i]);
    }
    duplicate_names_done(&b.names);
    json_tokener_free(b.tokener);
    normalizer_free(b.normalizer);
    framing_free(b.framing);
    identity_free(b.identity);
    ordinals_free(b.ordinals);
    json_reader_free(b.reader);
    return argc > 1 ? 0 : 2;
}

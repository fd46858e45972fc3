/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the compiler learns from: the usual work of base, codec and event, on records of every
 * shape. Built with counters, run once while a release is built; see CMakeLists.txt.
 *
 *     train FILE.jsonl
 */
#include "event/normalize.h"

#include <stdio.h>

enum { LINE_BYTES = 1 << 20, SAMPLE_BYTES = 4096, ROUNDS = 20 };

static const struct object_origin source = {
    .customer = SPAN_INIT("train"),
    .object = SPAN_INIT("s3://bucket/prefix/object.jsonl.gz"),
    .version = SPAN_INIT("d41d8cd98f00b204e9800998ecf8427e"),
    .modified_ns = INT64_C(1790000000) * 1000000000};

static size_t records_of(struct normalizer *n, const struct line *line)
{
    struct output r;
    size_t bytes = 0;
    normalizer_line(n, line);
    while (normalizer_next(n, &r)) {
        bytes += r.value.n;
    }
    return bytes;
}

/* The file as one object, in pieces as they come from S3. */
static size_t object(struct normalizer *n, FILE *f)
{
    static char piece[65536 + LINES_SLACK];
    struct lines lines;
    struct line line;
    struct span text;
    size_t bytes = 0;
    lines_init(&lines, LINE_BYTES, SAMPLE_BYTES);
    normalizer_object(n, &source, NULL);
    rewind(f);
    while ((text = span_of(piece, fread(piece, 1, sizeof(piece) - LINES_SLACK, f))).n > 0) {
        while (lines_next(&lines, &text, &line)) {
            bytes += records_of(n, &line);
        }
    }
    if (lines_last(&lines, &line)) {
        bytes += records_of(n, &line);
    }
    lines_done(&lines);
    return bytes;
}

int main(int argc, char **argv)
{
    const struct normalize_options o = {
        .event_bytes = LINE_BYTES, .line_bytes = LINE_BYTES, .sample_bytes = SAMPLE_BYTES};
    FILE *f = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (f == NULL) {
        (void)fprintf(stderr, "usage: train FILE.jsonl, which can be read\n");
        return 2;
    }
    struct normalizer *n = normalizer_new(&o);
    size_t bytes = 0;
    for (int i = 0; i < ROUNDS; i++) {
        bytes += object(n, f);
    }
    normalizer_free(n);
    (void)fclose(f);
    return bytes > 0 ? 0 : 1;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the compiler learns from: the usual work of base, codec and event, on records of every
 * shape. Built with counters, run once while a release is built; see CMakeLists.txt.
 *
 *     train FILE.jsonl
 */
#include "base/buf.h"
#include "event/normalize.h"

#include <stdio.h>
#include <stdlib.h>

enum { LINE_BYTES = 1 << 20, SAMPLE_BYTES = 4096, ROUNDS = 20 };

static const struct source source = {.customer = SPAN_INIT("train"),
                                     .object = SPAN_INIT("s3://bucket/prefix/object.jsonl.gz"),
                                     .version = SPAN_INIT("d41d8cd98f00b204e9800998ecf8427e"),
                                     .modified_ns = INT64_C(1790000000) * 1000000000};

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
    return buf_room(out, LINES_SLACK) != NULL;
}

static size_t records_of(struct normalizer *n, const struct line *line)
{
    struct record r;
    size_t bytes = 0;
    normalizer_line(n, line);
    while (normalizer_next(n, &r)) {
        bytes += r.value.n;
    }
    return bytes;
}

/* The text as one object. */
static size_t object(struct normalizer *n, struct span text)
{
    struct lines lines;
    struct line line;
    size_t bytes = 0;
    lines_init(&lines, LINE_BYTES, SAMPLE_BYTES);
    normalizer_object(n, &source, NULL);
    while (lines_next(&lines, &text, &line)) {
        bytes += records_of(n, &line);
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
    struct buf text = BUF_INIT((size_t)1 << 30);
    if (argc != 2 || !read_all(argv[1], &text)) {
        (void)fprintf(stderr, "usage: train FILE.jsonl\n");
        return 2;
    }
    struct normalizer *n = normalizer_new(&o);
    size_t bytes = 0;
    for (int i = 0; i < ROUNDS; i++) {
        bytes += object(n, buf_span(&text));
    }
    normalizer_free(n);
    buf_done(&text);
    return bytes > 0 ? 0 : 1;
}

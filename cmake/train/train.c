/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The training run of the profile-guided release build: the usual work of base, codec and event, on
 * records of every shape. It is built with counters and run once during the build; see
 * CMakeLists.txt.
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

static size_t records_of(struct framing *f, struct normalizer *n, const struct piece *piece)
{
    struct output r;
    size_t bytes = 0;
    normalizer_piece(n, piece);
    while (normalizer_next(n, &r)) {
        bytes += r.value.n;
    }
    framing_answer(f, normalizer_answer(n));
    return bytes;
}

/*
 * The file as one object, in pieces as they come from S3. Its records stand on a line each; with
 * `head` before them they are elements of an array, and the framing of values is used.
 */
static size_t object(struct framing *f, struct normalizer *n, FILE *file, const char *head)
{
    enum { TEXT_BYTES = 65536 };
    static char text[TEXT_BYTES + FRAMING_SLACK];
    struct piece piece;
    size_t bytes = 0;
    size_t filled = strlen(head);
    memcpy(text, head, filled);
    framing_reset(f);
    normalizer_object(n, &source, NULL);
    rewind(file);
    while ((filled += fread(text + filled, 1, TEXT_BYTES - filled, file)) > 0) {
        struct span in = span_of(text, filled);
        while (framing_next(f, &in, &piece)) {
            bytes += records_of(f, n, &piece);
        }
        filled = 0;
    }
    while (framing_last(f, &piece)) {
        bytes += records_of(f, n, &piece);
    }
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
    struct framing *framing = framing_new(LINE_BYTES, SAMPLE_BYTES);
    for (int i = 0; i < ROUNDS; i++) {
        bytes += object(framing, n, f, i % 4 == 0 ? "[\n" : "");
    }
    framing_free(framing);
    normalizer_free(n);
    (void)fclose(f);
    return bytes > 0 ? 0 : 1;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* keys_inventory.c - the lines of the data files of an S3 Inventory. */
#include "keys_priv.h"

#include "base/alloc.h"
#include "codec/decode.h"
#include "net/file.h"

#include <stdio.h>
#include <stdlib.h>

enum { READ_BYTES = 64 * 1024, PATH_BYTES = 4096 };

struct inventory_files {
    struct inventory *inventory;
    char *folder; /* of the manifest, with a slash at its end; "": the current one */
    size_t at;    /* the next file */
    FILE *in;     /* the file that is read; NULL: none */
    struct decode *decode;
    char *bytes;      /* read from the file */
    struct span rest; /* ... and not decoded yet */
    struct span text; /* decoded, and not split yet */
    bool at_end;      /* the file has no more bytes */
    struct buf line, room;
};

static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return mem_text_of(span_of(path, slash != NULL ? (size_t)(slash - path) + 1 : 0));
}

struct inventory_files *inventory_files_open(const char *manifest, struct span bucket,
                                             struct err *e)
{
    struct buf text = BUF_INIT(INVENTORY_MANIFEST_BYTES);
    struct inventory *i = NULL;
    if (file_read(manifest, &text, e) == FAIL_NONE) {
        i = inventory_read(buf_span(&text), e);
    }
    buf_done(&text);
    if (i != NULL && !span_eq(inventory_bucket(i), bucket)) {
        struct span other = inventory_bucket(i);
        (void)err_set(e, FAIL_CONFIG, "inventory: of bucket %.*s, not of %.*s",
                      (int)(other.n < 63 ? other.n : 63), other.p, SPAN_FMT(bucket));
        inventory_free(i);
        i = NULL;
    }
    if (i == NULL) {
        return NULL;
    }
    struct inventory_files *f = mem_zeros(1, sizeof(*f));
    f->inventory = i;
    f->folder = folder_of(manifest);
    f->decode = decode_new(&(struct decode_limits){.object_bytes = 0});
    f->bytes = mem_alloc(READ_BYTES);
    f->line = (struct buf)BUF_INIT(INVENTORY_LINE_BYTES);
    f->room = (struct buf)BUF_INIT(2 * INVENTORY_LINE_BYTES);
    return f;
}

void inventory_files_free(struct inventory_files *f)
{
    if (f == NULL) {
        return;
    }
    if (f->in != NULL) {
        (void)fclose(f->in);
    }
    inventory_free(f->inventory);
    decode_free(f->decode);
    buf_done(&f->line);
    buf_done(&f->room);
    free(f->folder);
    free(f->bytes);
    free(f);
}

/* Open the next file. False: there is none in the folders where it may be. */
static bool open_next(struct inventory_files *f, struct err *e)
{
    static const char *const folders[] = {"", "data/", "../data/"};
    struct span name = inventory_file(f->inventory, f->at++);
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]) && f->in == NULL; i++) {
        char path[PATH_BYTES];
        int n = snprintf(path, sizeof(path), "%s%s%.*s", f->folder, folders[i], SPAN_FMT(name));
        f->in = n > 0 && (size_t)n < sizeof(path) ? fopen(path, "re") : NULL;
    }
    decode_reset(f->decode);
    f->rest = f->text = SPAN("");
    f->at_end = false;
    if (f->in == NULL) {
        (void)err_set(e, FAIL_CONFIG, "inventory: %.*s is not beside the manifest, nor in data/",
                      SPAN_FMT(name));
    }
    return f->in != NULL;
}

/* Read more of the file and decode it. False: its end, or an error. */
static bool next_text(struct inventory_files *f, struct err *e)
{
    while (!f->at_end) {
        if (decode_next(f->decode, &f->rest, &f->text, e)) {
            return true;
        }
        if (e->kind != FAIL_NONE) {
            return false;
        }
        size_t n = fread(f->bytes, 1, READ_BYTES, f->in);
        f->rest = span_of(f->bytes, n);
        f->at_end = n == 0;
    }
    if (ferror(f->in)) {
        (void)err_set(e, FAIL_CONFIG, "inventory: a file cannot be read");
        return false;
    }
    return decode_last(f->decode, &f->text, e);
}

/* Gather a line. False: the end of the file, or an error. */
static bool next_line(struct inventory_files *f, struct err *e)
{
    buf_clear(&f->line);
    for (;;) {
        const char *end = f->text.n > 0 ? memchr(f->text.p, '\n', f->text.n) : NULL;
        buf_add(&f->line, span_take(&f->text, end != NULL ? (size_t)(end - f->text.p) : f->text.n));
        if (end != NULL) {
            f->text = span_from(f->text, 1);
            return true;
        }
        if (!next_text(f, e)) {
            return e->kind == FAIL_NONE && f->line.n > 0;
        }
    }
}

/* The next line that names an object of the file. */
static bool next_in_file(struct inventory_files *f, struct s3_entry *out, struct err *e)
{
    while (next_line(f, e)) {
        enum inventory_what what = inventory_line(f->inventory, buf_span(&f->line), &f->room, out);
        if (what == INVENTORY_OBJECT) {
            return true;
        }
        if (what == INVENTORY_WRONG || f->line.overflowed) {
            (void)err_set(e, FAIL_DATA, "inventory: a line that is not of the schema");
            return false;
        }
    }
    return false;
}

bool inventory_files_next(struct inventory_files *f, struct s3_entry *out, struct err *e)
{
    err_clear(e);
    for (;;) {
        if (f->in == NULL && (f->at == inventory_files(f->inventory) || !open_next(f, e))) {
            return false;
        }
        if (next_in_file(f, out, e)) {
            return true;
        }
        if (e->kind != FAIL_NONE) {
            return false;
        }
        (void)fclose(f->in);
        f->in = NULL;
    }
}

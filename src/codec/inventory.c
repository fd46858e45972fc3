/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/inventory.h"

#include "base/alloc.h"
#include "codec/control.h"
#include "codec/http_fields.h"
#include "codec/timestamp.h"
#include "codec/url.h"

#include <stdlib.h>

enum { CONTAINERS = 100 * 1000, FILE_NAME_BYTES = 255 };

static const struct control_limits limits = {INVENTORY_MANIFEST_BYTES, CONTAINERS};

enum column { BUCKET, KEY, IS_LATEST, IS_DELETE_MARKER, SIZE, MODIFIED, ETAG, CLASS, COLUMNS };

static const char *const column_names[COLUMNS] = {
    [BUCKET] = "Bucket",      [KEY] = "Key",
    [IS_LATEST] = "IsLatest", [IS_DELETE_MARKER] = "IsDeleteMarker",
    [SIZE] = "Size",          [MODIFIED] = "LastModifiedDate",
    [ETAG] = "ETag",          [CLASS] = "StorageClass",
};

struct inventory {
    struct control *doc;
    struct span bucket;
    struct json_object *files;
    size_t file_count;
    size_t column_count;
    size_t at[COLUMNS]; /* index of the column in a line; SIZE_MAX: there is none */
};

void inventory_free(struct inventory *i)
{
    if (i != NULL) {
        control_free(i->doc);
        free(i);
    }
}

/* ---- The manifest ---- */

static void note_column(struct inventory *i, struct span name)
{
    for (int c = 0; c < COLUMNS; c++) {
        if (span_eq(name, span_str(column_names[c])) && i->at[c] == SIZE_MAX) {
            i->at[c] = i->column_count;
        }
    }
    i->column_count++;
}

/* "Bucket, Key, VersionId, ..." */
static bool read_schema(struct inventory *i, struct span schema)
{
    for (int c = 0; c < COLUMNS; c++) {
        i->at[c] = SIZE_MAX;
    }
    while (schema.n > 0 && i->column_count < INVENTORY_COLUMNS) {
        const char *comma = memchr(schema.p, ',', schema.n);
        size_t n = comma != NULL ? (size_t)(comma - schema.p) : schema.n;
        note_column(i, span_trim(span_take(&schema, n), SPAN(" ")));
        schema = schema.n > 0 ? span_from(schema, 1) : schema;
    }
    return schema.n == 0 && i->at[KEY] != SIZE_MAX;
}

static struct span base_name(struct span path)
{
    const char *slash = path.n > 0 ? memrchr(path.p, '/', path.n) : NULL;
    return slash != NULL ? span_from(path, (size_t)(slash - path.p) + 1) : path;
}

struct span inventory_file(const struct inventory *i, size_t at)
{
    struct span key;
    (void)control_text(control_at(control_item(i->files, at), "key"), &key);
    return base_name(key);
}

static bool files_are_named(const struct inventory *i)
{
    for (size_t f = 0; f < i->file_count; f++) {
        struct span name = inventory_file(i, f);
        if (name.n == 0 || name.n > FILE_NAME_BYTES || memchr(name.p, '\0', name.n) != NULL ||
            span_eq(name, SPAN(".")) || span_eq(name, SPAN(".."))) {
            return false;
        }
    }
    return i->file_count > 0;
}

struct inventory *inventory_read(struct span manifest, struct err *e)
{
    struct span text;
    OWNED(inventory) struct inventory *i = mem_zeros(1, sizeof(*i));
    i->doc = control_read(manifest, &limits, e);
    if (i->doc == NULL) {
        (void)err_wrap(e, "inventory");
        return NULL;
    }
    struct json_object *root = control_root(i->doc);
    if (!control_text(control_at(root, "sourceBucket"), &i->bucket) ||
        !control_text(control_at(root, "fileFormat"), &text)) {
        (void)err_set(e, FAIL_DATA, "inventory: no manifest.json of an S3 Inventory");
        return NULL;
    }
    if (!span_eq(text, SPAN("CSV"))) {
        (void)err_set(e, FAIL_FORMAT, "inventory: of format %.*s, only CSV is read",
                      (int)(text.n < 20 ? text.n : 20), text.p);
        return NULL;
    }
    i->files = control_at(root, "files");
    i->file_count = control_count(i->files);
    if (!control_text(control_at(root, "fileSchema"), &text) || !read_schema(i, text) ||
        !files_are_named(i)) {
        (void)err_set(e, FAIL_DATA, "inventory: no files, or no column Key");
        return NULL;
    }
    return take(&i);
}

struct span inventory_bucket(const struct inventory *i)
{
    return i->bucket;
}

size_t inventory_files(const struct inventory *i)
{
    return i->file_count;
}

/* ---- A line ---- */

/* Move the bytes before the next `end` to *out, all if there is none. False: there is none. */
static bool move_until(struct span *in, char end, struct buf *out)
{
    const char *at = in->n > 0 ? memchr(in->p, end, in->n) : NULL;
    buf_add(out, span_take(in, at != NULL ? (size_t)(at - in->p) : in->n));
    return at != NULL;
}

/* The rest of a field behind its first quote. False: it does not end. */
static bool quoted_field(struct span *in, struct buf *out)
{
    while (move_until(in, '"', out)) {
        *in = span_from(*in, 1);
        if (in->n == 0 || in->p[0] != '"') {
            return true;
        }
        buf_add_byte(out, '"'); /* "" within a field */
        *in = span_from(*in, 1);
    }
    return false;
}

/* Move the next field to *out; *in is at the comma behind it. False: it is no field. */
static bool next_field(struct span *in, struct buf *out)
{
    if (in->n == 0 || in->p[0] != '"') {
        (void)move_until(in, ',', out);
        return true;
    }
    *in = span_from(*in, 1);
    return quoted_field(in, out) && (in->n == 0 || in->p[0] == ',');
}

/* Split a line into its fields: their ends in *room. False: it has another number of fields. */
static bool split(struct span line, struct buf *room, size_t ends[INVENTORY_COLUMNS], size_t count)
{
    for (size_t f = 0; f < count; f++) {
        if (!next_field(&line, room)) {
            return false;
        }
        ends[f] = room->n;
        bool last = f + 1 == count;
        if (last != (line.n == 0)) {
            return false;
        }
        line = last ? line : span_from(line, 1);
    }
    return !room->overflowed;
}

static struct span field(const struct inventory *i, const struct buf *room, const size_t *ends,
                         enum column c)
{
    size_t at = i->at[c];
    if (at == SIZE_MAX) {
        return SPAN("");
    }
    size_t from = at > 0 ? ends[at - 1] : 0;
    return ends[at] > from ? span_of(room->p + from, ends[at] - from) : SPAN("");
}

static bool is_current(const struct inventory *i, const struct buf *room, const size_t *ends)
{
    struct span bucket = field(i, room, ends, BUCKET);
    return !span_eq(field(i, room, ends, IS_LATEST), SPAN("false")) &&
           !span_eq(field(i, room, ends, IS_DELETE_MARKER), SPAN("true")) &&
           (bucket.n == 0 || span_eq(bucket, i->bucket));
}

enum inventory_what inventory_line(const struct inventory *i, struct span line, struct buf *room,
                                   struct s3_entry *out)
{
    size_t ends[INVENTORY_COLUMNS] = {0};
    struct timestamp modified;
    buf_clear(room);
    if (line.n > 0 && line.p[line.n - 1] == '\r') {
        line.n--;
    }
    if (!split(line, room, ends, i->column_count)) {
        return INVENTORY_WRONG;
    }
    size_t key_at = room->n;
    struct buf key = BUF_INIT(INVENTORY_LINE_BYTES);
    (void)url_decode_form(&key, field(i, room, ends, KEY)); /* keys are URL-encoded */
    buf_add(room, buf_span(&key));
    buf_done(&key);
    if (room->overflowed || room->n == key_at) {
        return INVENTORY_WRONG;
    }
    *out = (struct s3_entry){
        .key = span_of(room->p + key_at, room->n - key_at),
        .etag = field(i, room, ends, ETAG),
        .storage_class = field(i, room, ends, CLASS),
    };
    if (!http_fields_number(field(i, room, ends, SIZE), &out->size)) {
        out->size = -1;
    }
    if (timestamp_parse(field(i, room, ends, MODIFIED), &modified)) {
        out->modified_ns = modified.ns;
    }
    return is_current(i, room, ends) ? INVENTORY_OBJECT : INVENTORY_OTHER;
}

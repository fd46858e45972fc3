/* SPDX-License-Identifier: Apache-2.0 */
#include "keys_priv.h"

#include "base/alloc.h"
#include "codec/notification.h"

#include <errno.h>
#include <stdlib.h>

enum { PREFIX_BYTES = 1024 + 1, LINE_BYTES = 64 * 1024 };

enum keys_source { KEYS_LIST, KEYS_TEXT, KEYS_INVENTORY, KEYS_SOME };

struct keys {
    enum keys_source source;
    struct {
        struct s3 *s3;
        struct creds_source *creds;
        struct s3_object where;
        struct buf prefix;
        struct buf last;      /* the last key that was returned */
        struct s3_list *list; /* NULL: to be begun behind `last` */
    } list;
    struct {
        FILE *in;
        struct buf line;
    } text;
    struct inventory_files *inventory;
    struct {
        struct keys *all;
        bool (*wanted)(void *ctx, const struct s3_entry *entry);
        void *ctx;
    } some;
};

static struct keys *keys_new(enum keys_source source)
{
    struct keys *k = mem_zeros(1, sizeof(*k));
    k->source = source;
    k->list.prefix = (struct buf)BUF_INIT(PREFIX_BYTES);
    k->list.last = (struct buf)BUF_INIT(LINE_BYTES);
    k->text.line = (struct buf)BUF_INIT(LINE_BYTES);
    return k;
}

/* NOLINTNEXTLINE(misc-no-recursion): one level */
void keys_free(struct keys *k)
{
    if (k == NULL) {
        return;
    }
    s3_list_free(k->list.list);
    buf_done(&k->list.prefix);
    buf_done(&k->list.last);
    buf_done(&k->text.line);
    inventory_files_free(k->inventory);
    keys_free(k->some.all);
    free(k);
}

/* ---- A list ---- */

struct keys *keys_of_list(struct s3 *s3, const struct customer_conf *customer, struct span prefix,
                          struct creds_source *creds, struct span start_after)
{
    struct keys *k = keys_new(KEYS_LIST);
    k->list.s3 = s3;
    k->list.creds = creds;
    buf_add(&k->list.prefix, prefix);
    buf_add(&k->list.last, start_after);
    k->list.where = (struct s3_object){
        .bucket = span_str(customer->bucket),
        .key = buf_span(&k->list.prefix),
        .version_id = SPAN(""),
        .region = span_str(customer->region),
        .access_point = span_str(customer->access_point),
        .owner = span_str(customer->account_id),
        .request_payer = customer->request_payer,
    };
    return k;
}

static bool next_of_list(struct keys *k, struct s3_entry *out, struct err *e)
{
    if (k->list.list == NULL) {
        k->list.list =
            s3_list_new(k->list.s3, &k->list.where, k->list.creds, buf_span(&k->list.last));
    }
    if (s3_list_next(k->list.list, out, e)) {
        buf_clear(&k->list.last);
        buf_add(&k->list.last, out->key);
        return true;
    }
    if (e->kind != FAIL_NONE) {
        s3_list_free(k->list.list);
        k->list.list = NULL;
    }
    return false;
}

/* ---- A text ---- */

struct keys *keys_of_text(FILE *in)
{
    struct keys *k = keys_new(KEYS_TEXT);
    k->text.in = in;
    return k;
}

/* Read a line without its line feed. False: the end, or an error. */
static bool read_line(struct keys *k, struct err *e)
{
    int c = 0;
    buf_clear(&k->text.line);
    while ((c = getc(k->text.in)) != EOF && c != '\n') {
        buf_add_byte(&k->text.line, (char)c);
    }
    if (ferror(k->text.in)) {
        (void)err_set(e, FAIL_CONFIG, "keys: cannot be read");
        return false;
    }
    if (k->text.line.overflowed) {
        (void)err_set(e, FAIL_CONFIG, "keys: a line of more than %d bytes", LINE_BYTES);
        return false;
    }
    return c != EOF || k->text.line.n > 0;
}

static bool next_of_text(struct keys *k, struct s3_entry *out, struct err *e)
{
    err_clear(e);
    do {
        if (!read_line(k, e)) {
            return false;
        }
    } while (k->text.line.n == 0);
    *out = (struct s3_entry){
        .key = buf_span(&k->text.line), .etag = SPAN(""), .storage_class = SPAN(""), .size = -1};
    return true;
}

/* ---- All ---- */

struct keys *keys_of_inventory(const char *manifest, struct span bucket, struct err *e)
{
    struct inventory_files *files = inventory_files_open(manifest, bucket, e);
    if (files == NULL) {
        return NULL;
    }
    struct keys *k = keys_new(KEYS_INVENTORY);
    k->inventory = files;
    return k;
}

struct keys *keys_of_some(struct keys *all, bool (*wanted)(void *ctx, const struct s3_entry *entry),
                          void *ctx)
{
    struct keys *k = keys_new(KEYS_SOME);
    k->some.all = all;
    k->some.wanted = wanted;
    k->some.ctx = ctx;
    return k;
}

/* NOLINTNEXTLINE(misc-no-recursion): one level */
static bool next_of_some(struct keys *k, struct s3_entry *out, struct err *e)
{
    while (keys_next(k->some.all, out, e)) {
        if (k->some.wanted(k->some.ctx, out)) {
            return true;
        }
    }
    return false;
}

/* NOLINTNEXTLINE(misc-no-recursion): one level */
bool keys_next(struct keys *k, struct s3_entry *out, struct err *e)
{
    switch (k->source) {
    case KEYS_LIST:
        return next_of_list(k, out, e);
    case KEYS_TEXT:
        return next_of_text(k, out, e);
    case KEYS_INVENTORY:
        return inventory_files_next(k->inventory, out, e);
    case KEYS_SOME:
        return next_of_some(k, out, e);
    }
    return false;
}

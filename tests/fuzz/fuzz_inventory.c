/* SPDX-License-Identifier: Apache-2.0 */
/* A manifest, a NUL, and lines: what is accepted has the properties that inventory.h documents. */
#include "codec/inventory.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_files(const struct inventory *i)
{
    check(inventory_files(i) > 0);
    for (size_t f = 0; f < inventory_files(i); f++) {
        struct span name = inventory_file(i, f);
        check(name.n > 0 && name.n <= 255 && memchr(name.p, '/', name.n) == NULL &&
              memchr(name.p, '\0', name.n) == NULL && !span_eq(name, SPAN("..")));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err e = {0};
    struct span text = span_of((const char *)data, size);
    const char *nul = size > 0 ? memchr(text.p, '\0', text.n) : NULL;
    struct span manifest = span_take(&text, nul != NULL ? (size_t)(nul - text.p) : text.n);
    OWNED(inventory) struct inventory *i = inventory_read(manifest, &e);
    if (i == NULL) {
        check(e.kind == FAIL_DATA || e.kind == FAIL_FORMAT);
        return 0;
    }
    check_files(i);
    struct buf room = BUF_INIT(2 * INVENTORY_LINE_BYTES);
    while (text.n > 0) {
        struct s3_entry entry;
        text = span_from(text, 1);
        const char *end = text.n > 0 ? memchr(text.p, '\n', text.n) : NULL;
        struct span line = span_take(&text, end != NULL ? (size_t)(end - text.p) : text.n);
        if (inventory_line(i, line, &room, &entry) == INVENTORY_OBJECT) {
            check(entry.key.n > 0 && entry.size >= -1);
            check(entry.key.p >= room.p && entry.key.p + entry.key.n <= room.p + room.n);
        }
    }
    buf_done(&room);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads stay within the head; and printable text is only recognized as one of the few printable
 * formats.
 */
#include "codec/magic.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_printable(struct span head)
{
    for (size_t i = 0; i < head.n; i++) {
        char c = head.p[i];
        if (c == 0x7f || (c < ' ' && c != '\t' && c != '\r' && c != '\n')) {
            return false;
        }
    }
    return true;
}

static void check(struct span head, bool whole)
{
    static const char *const printable[] = {"bzip2", "OpenPGP", "age", "openssl enc (Salted__)",
                                            "PDF"};
    const struct magic *m = magic_find(head, whole);
    bool known = m == NULL || !is_printable(head);
    for (size_t i = 0; !known && i < sizeof(printable) / sizeof(printable[0]); i++) {
        known = strcmp(m->name, printable[i]) == 0;
    }
    if (!known || (magic_binary(head) && is_printable(head))) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t n = size < MAGIC_HEAD_BYTES ? size : MAGIC_HEAD_BYTES;
    char *own = malloc(n + 1); /* so that ASan checks its end */
    if (own == NULL) {
        abort();
    }
    memcpy(own + 1, data, n);
    check(span_of(own + 1, n), true);
    check(span_of(own + 1, n), false);
    free(own);
    return 0;
}

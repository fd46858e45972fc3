/* SPDX-License-Identifier: Apache-2.0 */
/* Any page: samples come in its order and are parts of it, and what they say is written so again.
 */
#include "codec/exposition.h"
#include "codec/exposition_read.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool right)
{
    if (!right) {
        abort();
    }
}

static bool is_part(struct span part, struct span whole)
{
    return part.n > 0 && part.p >= whole.p && part.p + part.n <= whole.p + whole.n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span page = span_of((const char *)data, size);
    struct span rest = page;
    struct exposition_sample s;
    while (exposition_next(&rest, &s)) {
        bool bare = s.label.n == 0;
        check(is_part(s.name, page) && s.thousandths >= 0);
        check(bare ? s.of.n == 0 : is_part(s.label, page) && is_part(s.of, page));
        check(bare || (s.name.p < s.label.p && s.label.p < s.of.p));
        struct buf name = BUF_INIT(1 << 20);
        struct buf label = BUF_INIT(1 << 20);
        struct buf again = BUF_INIT(1 << 21);
        struct exposition_sample same;
        buf_add(&name, s.name);
        buf_add(&label, bare ? SPAN("x") : s.label);
        if (memchr(name.p, '\0', name.n) == NULL && memchr(label.p, '\0', label.n) == NULL &&
            s.name.p[0] != '#') {
            struct exposition_label l = {label.p, s.of};
            exposition_seconds(&again, name.p, &l, bare ? 0 : 1, s.thousandths);
            struct span text = buf_span(&again);
            check(exposition_next(&text, &same) && span_eq(same.of, s.of) &&
                  same.thousandths == s.thousandths);
        }
        buf_done(&name);
        buf_done(&label);
        buf_done(&again);
    }
    return 0;
}

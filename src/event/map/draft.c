/* SPDX-License-Identifier: Apache-2.0 */
#include "event/map/draft.h"

void draft_clear(struct draft *d)
{
    for (size_t i = 0; i <= FIELDS / 64; i++) {
        for (uint64_t bits = d->touched[i]; bits != 0; bits &= bits - 1) {
            struct field_value *v = &d->values[i * 64 + (size_t)__builtin_ctzll(bits)];
            v->kind = VALUE_NONE;
            v->path = NULL;
        }
        d->touched[i] = 0;
    }
}

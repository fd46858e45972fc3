/* SPDX-License-Identifier: Apache-2.0 */
#include "base/wipe.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

void wipe_free(void *p)
{
    if (p != NULL) {
        explicit_bzero(p, malloc_usable_size(p));
        free(p);
    }
}

/*
 * Always moves: after realloc the program could not know whether the old block still holds the
 * secret.
 */
void *wipe_realloc(void *p, size_t n)
{
    void *to = malloc(n);
    if (to == NULL || p == NULL) {
        return to;
    }
    size_t had = malloc_usable_size(p);
    memcpy(to, p, had < n ? had : n);
    wipe_free(p);
    return to;
}

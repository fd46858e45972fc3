/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/folder.h"

#include <assert.h>

#define HADOOP SPAN("_$folder$")

static bool is_hadoop(struct span key)
{
    return key.n > HADOOP.n && span_eq(span_from(key, key.n - HADOOP.n), HADOOP);
}

bool folder_named(struct span key)
{
    return (key.n != 0 && key.p[key.n - 1] == '/') || is_hadoop(key);
}

struct span folder_inside(struct span key, struct folder_room *room)
{
    size_t n = is_hadoop(key) ? key.n - HADOOP.n : key.n - 1;
    assert(key.n != 0 && n + 2 <= sizeof(room->bytes));
    memcpy(room->bytes, key.p, n);
    room->bytes[n] = '/';
    room->bytes[n + 1] = 'x';
    return span_of(room->bytes, n + 2);
}

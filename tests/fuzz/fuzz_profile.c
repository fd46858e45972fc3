/* SPDX-License-Identifier: Apache-2.0 */
/* AWS's INI files of any bytes, and commands to split. */
#include "codec/profile.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_up(struct span text, enum profile_kind kind)
{
    struct err e = {0};
    OWNED(profile_file) struct profile_file *f = profile_read(text, kind, &e);
    struct span role = profile_value(f, SPAN("default"), "role_arn");
    bool exists = profile_exists(f, SPAN("default"));
    if ((f == NULL && e.kind != FAIL_CONFIG) || (role.n > 0 && !exists)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = span_of((const char *)data, size);
    struct buf words = BUF_INIT(4096);
    look_up(text, PROFILE_CONFIG);
    look_up(text, PROFILE_CREDENTIALS);

    size_t count = profile_split_command(&words, text, NULL);
    size_t ends = 0;
    for (size_t i = 0; i < words.n; i++) {
        ends += words.p[i] == '\0';
    }
    if (count > PROFILE_WORDS || ends < count) {
        abort();
    }
    buf_done(&words);
    return 0;
}

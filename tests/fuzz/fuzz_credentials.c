/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials from instances, containers and programs. */
#include "codec/credentials.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = span_of((const char *)data, size);
    for (int form = CREDENTIALS_IMDS; form <= CREDENTIALS_PROCESS; form++) {
        struct creds c;
        struct err e = {0};
        enum err_kind kind = credentials_read(text, (enum credentials_form)form, &c, &e);
        if (kind != e.kind ||
            (kind == FAIL_NONE && (c.access_key_id[0] == '\0' || c.secret_access_key[0] == '\0'))) {
            abort();
        }
        if (kind == FAIL_NONE && strpbrk(c.session_token, " \r\n") != NULL) {
            abort();
        }
    }
    return 0;
}

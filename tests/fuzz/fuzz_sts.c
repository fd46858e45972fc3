/* SPDX-License-Identifier: Apache-2.0 */
/* Responses of STS, and ARNs. An accepted response is complete. */
#include "codec/sts_xml.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = span_of((const char *)data, size);
    struct creds c;
    struct sts_identity who;
    struct err e = {0};
    struct arn arn;
    if (sts_read_credentials(in, &c, &who, &e) == FAIL_NONE) {
        check(c.access_key_id[0] != '\0' && c.session_token[0] != '\0');
        check(c.expires_ms != INT64_MAX);
        check(who.arn[0] == '\0' ? who.account[0] == '\0' : arn_account_ok(span_str(who.account)));
    } else {
        check(e.kind == FAIL_AGAIN);
    }
    if (sts_read_identity(in, &who, &e) == FAIL_NONE) {
        check(arn_account_ok(span_str(who.account)));
    }
    if (arn_split(in, &arn)) {
        check(arn.resource.n > 0 && arn.resource.p + arn.resource.n == in.p + in.n);
    }
    return 0;
}

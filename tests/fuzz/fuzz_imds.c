/* SPDX-License-Identifier: Apache-2.0 */
/* A token or a role name of an instance is one line that is safe in a header and a URL. */
#include "codec/credentials.h"
#include "codec/url.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span line;
    if (!credentials_line(span_of((const char *)data, size), &line)) {
        return 0;
    }
    if (line.n == 0 || line.n > size || memcmp(line.p, data, line.n) != 0 ||
        (line.n < size && data[line.n] != '\n')) {
        abort();
    }
    for (size_t i = 0; i < line.n; i++) {
        if ((unsigned char)line.p[i] <= ' ' || (unsigned char)line.p[i] >= 0x7f) {
            abort();
        }
    }
    struct buf url = BUF_INIT(1 << 20);
    struct url parts;
    buf_add(&url, SPAN("http://169.254.169.254/latest/"));
    url_encode(&url, line);
    if (line.n < 1000 && (!url_split(buf_span(&url), &parts) || parts.query.n > 0)) {
        abort(); /* a name cannot leave its path segment */
    }
    buf_done(&url);
    return 0;
}

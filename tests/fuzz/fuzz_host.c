/* SPDX-License-Identifier: Apache-2.0 */
/* A Host that is ours is an address or one of the names, with a port of digits or none. */
#include "net/host.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool begins(struct span host, const char *name)
{
    size_t n = strlen(name);
    struct span rest = host.n >= n ? span_from(host, n) : host;
    bool dot = rest.n != 0 && rest.p[0] == '.';
    return host.n >= n && strncasecmp(host.p, name, n) == 0 &&
           (rest.n == dot || rest.p[dot] == ':');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"ingest.example.com", NULL};
    struct span host = span_of((const char *)data, size);
    bool ours = host_is_ours(host, "node-7", names);
    bool named = begins(host, "localhost") || begins(host, "node-7") || begins(host, names[0]);
    if (ours && !named) {
        for (size_t i = 0; i < host.n; i++) {
            if (strchr("0123456789abcdefABCDEF.:[]", host.p[i]) == NULL || host.p[i] == '\0') {
                abort();
            }
        }
    }
    return 0;
}

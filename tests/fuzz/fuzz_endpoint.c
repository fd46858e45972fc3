/* SPDX-License-Identifier: Apache-2.0 */
/* The host of any region that passes url_region_ok makes a valid URL in AWS's domain. */
#include "codec/endpoint.h"
#include "codec/url.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool right)
{
    if (!right) {
        abort();
    }
}

static bool ends_with(struct span s, const char *end)
{
    struct span tail = span_str(end);
    return s.n > tail.n && span_eq(span_from(s, s.n - tail.n), tail) &&
           s.p[s.n - tail.n - 1] == '.';
}

static void check_host(enum endpoint_service service, struct span region, unsigned variant)
{
    const struct partition *p = partition_of(region);
    struct buf url = BUF_INIT(4096);
    struct url u;
    buf_add(&url, SPAN("https://"));
    endpoint_add_host(&url, service, region, variant);
    check(!url.overflowed && url_split(buf_span(&url), &u) && u.tls && u.query.n == 0);
    check(ends_with(u.host, p->dns_suffix) || ends_with(u.host, p->dual_stack_suffix));
    check(memmem(u.host.p, u.host.n, region.p, region.n) != NULL);
    buf_done(&url);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span region = span_of((const char *)data, size);
    check(partition_of(region) != NULL);
    if (!url_region_ok(region)) {
        return 0;
    }
    for (unsigned variant = 0; variant < 4; variant++) {
        check_host(ENDPOINT_S3, region, variant);
        check_host(ENDPOINT_S3_ACCESS_POINT, region, variant);
        check_host(ENDPOINT_SQS, region, variant);
        check_host(ENDPOINT_STS, region, variant);
    }
    return 0;
}

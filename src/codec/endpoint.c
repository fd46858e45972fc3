/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/endpoint.h"

#include "codec/url.h"

#include <strings.h>

static const struct partition partitions[] = {
    {"aws-cn", "cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
    {"aws-us-gov", "us-gov-", "amazonaws.com", "api.aws"},
    {"aws-iso", "us-iso-", "c2s.ic.gov", "api.aws.ic.gov"},
    {"aws-iso-b", "us-isob-", "sc2s.sgov.gov", "api.aws.scloud"},
    {"aws-iso-e", "eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"},
    {"aws-iso-f", "us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"},
    {"aws-eusc", "eusc-", "amazonaws.eu", "api.amazonwebservices.eu"},
    {"aws", "", "amazonaws.com", "api.aws"}, /* last: matches every region */
};

const struct partition *partition_of(struct span region)
{
    const struct partition *p = partitions;
    while (!span_starts(region, span_str(p->prefix))) {
        p++;
    }
    return p;
}

/* Hosts may be written in any case. */
static bool take_start(struct span *s, struct span start)
{
    bool starts = s->n >= start.n && strncasecmp(s->p, start.p, start.n) == 0;
    *s = starts ? span_from(*s, start.n) : *s;
    return starts;
}

static bool take_end(struct span *s, struct span end)
{
    bool ends = s->n > end.n && strncasecmp(s->p + s->n - end.n, end.p, end.n) == 0;
    s->n -= ends ? end.n : 0;
    return ends;
}

/* Take ".SUFFIX" of a partition from the end. */
static bool take_suffix(struct span *host)
{
    for (size_t i = 0; i < sizeof(partitions) / sizeof(partitions[0]); i++) {
        const char *const suffixes[] = {partitions[i].dns_suffix, partitions[i].dual_stack_suffix};
        for (size_t k = 0; k < 2; k++) {
            struct span rest = *host;
            if (take_end(&rest, span_str(suffixes[k])) && take_end(&rest, SPAN("."))) {
                *host = rest;
                return true;
            }
        }
    }
    return false;
}

struct span endpoint_sqs_region(struct span host)
{
    (void)take_end(&host, SPAN("."));
    struct span legacy = host;
    if (take_start(&legacy, SPAN("queue.amazonaws.com")) && legacy.n == 0) {
        return SPAN("us-east-1");
    }
    if (!take_suffix(&host)) {
        return SPAN("");
    }
    if (take_end(&host, SPAN(".vpce"))) { /* vpce-ID.sqs.REGION, and with a zone after the ID */
        const char *at = memmem(host.p, host.n, ".sqs.", 5);
        if (!span_starts(host, SPAN("vpce-")) || at == NULL) {
            return SPAN("");
        }
        host = span_from(host, (size_t)(at - host.p) + 5);
    } else if (!take_end(&host, SPAN(".queue")) && !take_start(&host, SPAN("sqs.")) &&
               !take_start(&host, SPAN("sqs-fips."))) {
        return SPAN("");
    }
    return url_region_ok(host) ? host : SPAN("");
}

/* S3 has other names for its variants, and the same DNS suffix for all. */
static void add_s3(struct buf *out, const char *name, struct span region, unsigned variant)
{
    buf_addf(out, "%s%s.%s%.*s.%s", name, (variant & ENDPOINT_FIPS) != 0 ? "-fips" : "",
             (variant & ENDPOINT_DUAL_STACK) != 0 ? "dualstack." : "", SPAN_FMT(region),
             partition_of(region)->dns_suffix);
}

void endpoint_add_host(struct buf *out, enum endpoint_service service, struct span region,
                       unsigned variant)
{
    if (service == ENDPOINT_S3 || service == ENDPOINT_S3_ACCESS_POINT) {
        add_s3(out, service == ENDPOINT_S3 ? "s3" : "s3-accesspoint", region, variant);
        return;
    }
    const struct partition *p = partition_of(region);
    bool dual_stack = (variant & ENDPOINT_DUAL_STACK) != 0;
    /* GovCloud's standard endpoints are FIPS endpoints already and have no other name. */
    bool fips =
        (variant & ENDPOINT_FIPS) != 0 && (dual_stack || !span_starts(region, SPAN("us-gov-")));
    buf_addf(out, "%s%s.%.*s.%s", service == ENDPOINT_SQS ? "sqs" : "sts", fips ? "-fips" : "",
             SPAN_FMT(region), dual_stack ? p->dual_stack_suffix : p->dns_suffix);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "net/endpoint_env.h"

#include "codec/url.h"

#include <stdlib.h>
#include <strings.h>

const char *env_text(const char *name)
{
    const char *value = getenv(name); /* NOLINT(concurrency-mt-unsafe): never set here */
    return value != NULL && value[0] != '\0' ? value : NULL;
}

bool env_true(const char *name)
{
    const char *value = env_text(name);
    return value != NULL && (strcasecmp(value, "true") == 0 || strcmp(value, "1") == 0 ||
                             strcasecmp(value, "yes") == 0);
}

unsigned endpoint_env_variant(void)
{
    return (env_true("AWS_USE_FIPS_ENDPOINT") ? ENDPOINT_FIPS : 0U) |
           (env_true("AWS_USE_DUALSTACK_ENDPOINT") ? ENDPOINT_DUAL_STACK : 0U);
}

static const char *env_endpoint(enum endpoint_service service)
{
    static const char *const names[] = {
        [ENDPOINT_S3] = "AWS_ENDPOINT_URL_S3",
        [ENDPOINT_SQS] = "AWS_ENDPOINT_URL_SQS",
        [ENDPOINT_STS] = "AWS_ENDPOINT_URL_STS",
    };
    if (env_true("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")) {
        return NULL;
    }
    const char *own = env_text(names[service]);
    return own != NULL ? own : env_text("AWS_ENDPOINT_URL");
}

const char *endpoint_given(const struct endpoint_wish *w)
{
    return w->endpoint != NULL ? w->endpoint : env_endpoint(w->service);
}

enum err_kind endpoint_url(struct buf *out, const struct endpoint_wish *w, struct err *e)
{
    struct url u;
    if (w->region == NULL || !url_region_ok(span_str(w->region))) {
        return err_set(e, FAIL_CONFIG, "endpoint: a region that cannot be one");
    }
    const char *given = endpoint_given(w);
    if (given == NULL) {
        buf_add(out, SPAN("https://"));
        endpoint_add_host(out, w->service, span_str(w->region), w->variant);
    } else if (!url_split(span_str(given), &u) || u.query.n > 0) {
        return err_set(e, FAIL_CONFIG, "endpoint: not a URL that can be used");
    } else {
        struct span text = span_str(given);
        while (text.n > 0 && text.p[text.n - 1] == '/') {
            text.n--;
        }
        buf_add(out, text);
    }
    return out->overflowed ? err_set(e, FAIL_CONFIG, "endpoint: too long") : FAIL_NONE;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "customers/filter.h"

#include "codec/glob.h"

/* Whether a pattern matches. below: the key below the prefix, including the slash before it. */
static bool any_matches(char *const *patterns, struct span below)
{
    for (char *const *p = patterns; *p != NULL; p++) {
        struct span pattern = span_str(*p);
        if (glob_matches(pattern, span_from(below, 1)) || glob_matches(pattern, below)) {
            return true;
        }
    }
    return false;
}

const char *filter_key(const struct customer_conf *conf, struct span below)
{
    if (conf->only != NULL && !any_matches(conf->only, below)) {
        return "only";
    }
    return conf->ignore != NULL && any_matches(conf->ignore, below) ? "ignore" : NULL;
}

bool filter_ignores(const struct customer_conf *conf, struct span key)
{
    struct span prefix = span_str(conf->prefix);
    if (!span_starts(key, prefix) || key.n <= prefix.n || key.p[prefix.n] != '/') {
        return false;
    }
    return filter_key(conf, span_from(key, prefix.n)) != NULL;
}

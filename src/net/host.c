/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 9110 §7.2 (Host), RFC 3986 §3.2.2 (its forms). */
#include "net/host.h"

#include <arpa/inet.h>
#include <string.h>

enum { ADDRESS_CAP = 64 };

static bool is_address(int family, struct span s)
{
    char text[ADDRESS_CAP];
    unsigned char bytes[sizeof(struct in6_addr)];
    if (s.n >= sizeof(text) || memchr(s.p, '\0', s.n) != NULL) {
        return false;
    }
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    return inet_pton(family, text, bytes) == 1;
}

static bool is_port(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') {
            return false;
        }
    }
    return true;
}

/* Cut ":PORT" off; false: what follows the last colon is no port. */
static bool cut_port(struct span *host)
{
    const char *colon = memrchr(host->p, ':', host->n);
    if (colon == NULL) {
        return true;
    }
    size_t n = (size_t)(colon - host->p);
    if (!is_port(span_from(*host, n + 1))) {
        return false;
    }
    host->n = n;
    return true;
}

static bool same_name(struct span host, const char *name)
{
    size_t n = strlen(name);
    n -= n != 0 && name[n - 1] == '.';
    return n != 0 && host.n == n && strncasecmp(host.p, name, n) == 0;
}

bool host_is_ours(struct span host, const char *machine, const char *const *names)
{
    if (host.n == 0) {
        return true;
    }
    if (host.p[0] == '[') {
        const char *end = memchr(host.p, ']', host.n);
        size_t n = end != NULL ? (size_t)(end - host.p) : 0;
        struct span rest = end != NULL ? span_from(host, n + 1) : SPAN("");
        return end != NULL && is_address(AF_INET6, span_of(host.p + 1, n - 1)) &&
               (rest.n == 0 || (rest.p[0] == ':' && is_port(span_from(rest, 1))));
    }
    if (!cut_port(&host) || host.n == 0) {
        return false;
    }
    if (is_address(AF_INET, host)) {
        return true;
    }
    host.n -= host.p[host.n - 1] == '.';
    bool ours = same_name(host, "localhost") || same_name(host, machine);
    for (size_t i = 0; !ours && names != NULL && names[i] != NULL; i++) {
        ours = same_name(host, names[i]);
    }
    return ours;
}

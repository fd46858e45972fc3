/* SPDX-License-Identifier: Apache-2.0 */
/* listener_request.c - what a page asks of its request. */
#include "net/listener.h"

#include <microhttpd.h>

struct span listener_query(const struct listener_request *r, const char *name)
{
    const char *value = MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, name);
    return span_str(value != NULL ? value : "");
}

struct parameters {
    struct listener_parameter *out;
    size_t room, count;
};

static enum MHD_Result take_parameter(void *ctx, enum MHD_ValueKind kind UNUSED, const char *name,
                                      const char *value)
{
    struct parameters *p = ctx;
    if (p->count < p->room) {
        p->out[p->count] =
            (struct listener_parameter){span_str(name), span_str(value != NULL ? value : "")};
    }
    p->count++;
    return MHD_YES;
}

size_t listener_parameters(const struct listener_request *r, struct listener_parameter *out,
                           size_t room)
{
    struct parameters p = {.out = out, .room = room};
    (void)MHD_get_connection_values(r->connection, MHD_GET_ARGUMENT_KIND, take_parameter, &p);
    return p.count;
}

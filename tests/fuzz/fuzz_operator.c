/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of /control and of /status.json, divided by NULs: what is accepted is within bounds.
 */
#include "base/visible.h"
#include "monitor/html.h"
#include "monitor/operator.h"
#include "monitor/status.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct span next_part(struct span *rest)
{
    const char *end = rest->n != 0 ? memchr(rest->p, '\0', rest->n) : NULL;
    struct span part = span_take(rest, end != NULL ? (size_t)(end - rest->p) : rest->n);
    (void)span_take(rest, end != NULL);
    return part;
}

/* Escaped text has no markup, and a query no character that a target must not have. */
static void check_escaped(struct span text)
{
    struct buf out = BUF_INIT(1024 * 1024);
    html_text(&out, text);
    for (size_t i = 0; i < out.n; i++) {
        assert(strchr("<>\"'", out.p[i]) == NULL && (unsigned char)out.p[i] >= ' ');
    }
    buf_clear(&out);
    html_query(&out, text);
    for (size_t i = 0; i < out.n; i++) {
        assert(strchr(" <>\"'&#?/=+", out.p[i]) == NULL && (unsigned char)out.p[i] < 0x7f);
    }
    buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span rest = span_of((const char *)data, size);
    struct span a = next_part(&rest);
    struct span b = next_part(&rest);
    struct span c = next_part(&rest);
    struct span d = next_part(&rest);
    struct operator_request r;
    struct status_query q;
    if (operator_read(a, b, c, d, &r) == NULL) {
        assert(r.command < OPERATOR_COMMANDS && r.level <= LOG_ERROR);
        assert(operator_has_customer(r.command) == (r.customer.n != 0));
    }
    const struct listener_parameter list[] = {{a, b}, {c, d}};
    for (int view = STATUS_VIEW_PAGE; view <= STATUS_VIEW_TEXT; view++) {
        if (status_query_read(list, 2, (enum status_view)view, &q) == NULL) {
            assert(q.limit != 0 && q.limit <= STATUS_LIMIT_MAX && q.offset <= 999999999);
            assert(!span_eq(a, c));
        }
    }
    check_escaped(a);
    check_escaped(b);
    return 0;
}

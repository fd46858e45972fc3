/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/status_query.h"

enum { MAX_DIGITS = 9 };

const char *status_state_name(enum status_state s)
{
    static const char *const names[STATUS_STATES] = {[STATUS_PAUSED] = "paused",
                                                     [STATUS_LATE] = "late",
                                                     [STATUS_UNREADABLE] = "unreadable",
                                                     [STATUS_INCOMPLETE] = "incomplete",
                                                     [STATUS_SILENT] = "silent",
                                                     [STATUS_FAR_ABOVE] = "far_above",
                                                     [STATUS_NOT_YET] = "not_yet",
                                                     [STATUS_BACKFILLING] = "backfilling",
                                                     [STATUS_FRESH] = "fresh"};
    return names[s];
}

/* Decimal digits, from `least` on. */
static bool read_number(struct span text, size_t least, size_t *out)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9' || i == MAX_DIGITS) {
            return false;
        }
        n = n * 10 + (size_t)(text.p[i] - '0');
    }
    *out = n;
    return text.n != 0 && n >= least;
}

static const char *read_state(struct span value, struct status_query *out)
{
    out->state = value;
    for (int i = 0; i < STATUS_STATES; i++) {
        if (span_eq(value, span_str(status_state_name((enum status_state)i)))) {
            return NULL;
        }
    }
    return "state is paused, late, unreadable, incomplete, silent, far_above, not_yet, "
           "backfilling or fresh\n";
}

/* An empty field of the page's form: all customers. */
static const char *read_id(struct span value, struct status_query *out)
{
    out->id = value;
    return NULL;
}

static const char *read_offset(struct span value, struct status_query *out)
{
    return read_number(value, 0, &out->offset) ? NULL : "offset is a number\n";
}

static const char *read_limit(struct span value, struct status_query *out)
{
    return read_number(value, 1, &out->limit) && out->limit <= STATUS_LIMIT_MAX
               ? NULL
               : "limit is a number from 1 to 1000\n";
}

static const char *read_plain(struct span value, struct status_query *out)
{
    out->plain = span_eq(value, SPAN("1"));
    return out->plain ? NULL : "plain is 1, or not given\n";
}

static const char *read_one(struct span value, struct status_query *out)
{
    out->one = value;
    return value.n != 0 ? NULL : "one is a customer's id\n";
}

static const char *read_columns(struct span value, struct status_query *out)
{
    return read_number(value, 1, &out->columns) ? NULL : "columns is a number from 1 on\n";
}

enum { EACH_VIEW = 1 << STATUS_VIEW_PAGE | 1 << STATUS_VIEW_JSON | 1 << STATUS_VIEW_TEXT };

static const struct {
    struct span name;
    unsigned views;
    const char *(*read)(struct span value, struct status_query *out);
} parameters[] = {
    {SPAN_INIT("state"), EACH_VIEW, read_state},
    {SPAN_INIT("customer"), EACH_VIEW, read_id},
    {SPAN_INIT("offset"), EACH_VIEW, read_offset},
    {SPAN_INIT("limit"), EACH_VIEW, read_limit},
    {SPAN_INIT("plain"), 1 << STATUS_VIEW_JSON, read_plain},
    {SPAN_INIT("one"), 1 << STATUS_VIEW_TEXT, read_one},
    {SPAN_INIT("columns"), 1 << STATUS_VIEW_TEXT, read_columns},
};

enum { PARAMETERS = sizeof(parameters) / sizeof(parameters[0]) };

/* PARAMETERS: the view has none of this name. */
static size_t find_parameter(struct span name, enum status_view view)
{
    size_t i = 0;
    while (i < PARAMETERS &&
           ((parameters[i].views & 1U << view) == 0 || !span_eq(parameters[i].name, name))) {
        i++;
    }
    return i;
}

const char *status_query_read(const struct listener_parameter *list, size_t count,
                              enum status_view view, struct status_query *out)
{
    bool seen[PARAMETERS] = {false};
    *out = (struct status_query){.limit = STATUS_LIMIT};
    for (size_t i = 0; i < count; i++) {
        size_t at = find_parameter(list[i].name, view);
        if (at == PARAMETERS) {
            return "parameters are state, customer, offset and limit\n";
        }
        if (seen[at]) {
            return "a parameter is given twice\n";
        }
        seen[at] = true;
        const char *wrong = parameters[at].read(list[i].value, out);
        if (wrong != NULL) {
            return wrong;
        }
    }
    return NULL;
}

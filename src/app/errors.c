/* SPDX-License-Identifier: Apache-2.0 */
#include "app/errors.h"

#include "app/app.h"
#include "app/options.h"
#include "app/print.h"
#include "conf/value.h"
#include "settle/outcome.h"

enum { STATUS_OK = 0, TEXT_MAX_BYTES = 1024 * 1024, MS_PER_S = 1000 };

static const char intro[] =
    "# What happens on errors\n"
    "\n"
    "<!-- Made by `asymptote-ingest errors --markdown` from src/settle/outcome.c and the tables "
    "of\n"
    "     src/codec/fault.c, s3_answer.c, sts_xml.c, sqs_error.c: change those instead. -->\n"
    "\n"
    "Every error has a class, which the log shows as `error=`. This table alone decides what "
    "happens\n"
    "to the notification.\n"
    "\n"
    "- **About**: `object` is reading the object, `role` the customer's credentials, `delivery` "
    "Kafka,\n"
    "  `notification` the message itself.\n"
    "- **Tries**: retries within the same attempt, before any record was produced.\n"
    "- **Then**: with `later` the message is visible again after the delay, which doubles with "
    "each\n"
    "  receive; with `leave` it stays hidden for a long time after each receive, until the "
    "queue's\n"
    "  redrive policy moves it to the dead-letter queue. A message is never deleted before\n"
    "  everything in it is delivered.\n"
    "- **Delay**: the longest; up to a quarter is subtracted at random. The message may be "
    "received\n"
    "  earlier if its visibility is changed, or if SQS delivers it twice.\n"
    "- **Customer**: `counts` opens the customer's breaker after several in a row on different "
    "keys,\n"
    "  `paused` opens it immediately; other customers are not affected.\n"
    "- **Reject**: at the last receive a reject record of the whole object says why (`object`).\n"
    "\n"
    "| About | Class | Tries | Then | Delay | Customer | Reject | Next |\n"
    "|---|---|---|---|---|---|---|---|\n";

static const char *mark_name(enum breaker_mark mark)
{
    switch (mark) {
    case BREAKER_COUNT:
        return "counts";
    case BREAKER_OPEN:
        return "paused";
    case BREAKER_NONE:
        break;
    }
    return "-";
}

/* "10s to 15m", or one time if both are equal. */
static void delay_text(const struct outcome_rule *r, char *out, size_t cap)
{
    struct buf b = BUF_INIT(cap - 1);
    conf_time_write(&b, (int64_t)r->first_s * MS_PER_S);
    if (r->max_s != r->first_s) {
        buf_add(&b, SPAN(" to "));
        conf_time_write(&b, (int64_t)r->max_s * MS_PER_S);
    }
    (void)snprintf(out, cap, "%s", b.p);
    buf_done(&b);
}

enum { CELLS = 8 };

static void add_row(struct buf *out, bool markdown, const char *const cells[CELLS])
{
    static const int widths[CELLS] = {9, 11, 5, 6, 11, 9, 7, 0};
    for (int i = 0; i < CELLS; i++) {
        if (markdown) {
            buf_addf(out, i == 1 ? "| `%s` " : "| %s ", cells[i]);
        } else {
            buf_addf(out, "%-*s%s", widths[i], cells[i], i + 1 < CELLS ? " " : "");
        }
    }
    buf_add(out, markdown ? SPAN("|\n") : SPAN("\n"));
}

static void add_rule(struct buf *out, bool markdown, const struct outcome_rule *r)
{
    char tries[16];
    char delay[32];
    (void)snprintf(tries, sizeof(tries), "%u", r->tries);
    delay_text(r, delay, sizeof(delay));
    add_row(out, markdown,
            (const char *const[CELLS]){outcome_subject_name(r->subject), err_kind_name(r->kind),
                                       tries, outcome_name(r->outcome), delay, mark_name(r->mark),
                                       r->reject ? "last" : "-", r->next});
}

/* As a table of its own in the page; as further lines in a terminal. */
static void add_codes(struct buf *out, bool markdown)
{
    size_t count = 0;
    const struct outcome_code *codes = outcome_codes(&count);
    buf_add(out, markdown ? SPAN("\nThe next step of these codes is another one than that of their "
                                 "class:\n\n| About | Code | Next |\n|---|---|---|\n")
                          : SPAN(""));
    for (size_t i = 0; i < count; i++) {
        buf_addf(out, markdown ? "| %s | `%s` | %s |\n" : "%-9s %-28s %s\n",
                 outcome_subject_name(codes[i].subject), codes[i].code, codes[i].next);
    }
}

void errors_text(struct buf *out, enum errors_form form)
{
    bool markdown = form == ERRORS_MARKDOWN;
    if (form == ERRORS_MAN) {
        error_codes_text(out, form);
        return;
    }
    if (markdown) {
        buf_add(out, SPAN(intro));
    } else {
        add_row(out, false,
                (const char *const[CELLS]){"ABOUT", "CLASS", "TRIES", "THEN", "DELAY", "CUSTOMER",
                                           "REJECT", "NEXT"});
    }
    size_t count = 0;
    const struct outcome_rule *rules = outcome_rules(&count);
    for (size_t i = 0; i < count; i++) {
        add_rule(out, markdown, &rules[i]);
    }
    add_codes(out, markdown);
    error_codes_text(out, form);
}

int app_errors(int argc, char **argv)
{
    bool markdown = false;
    bool manual = false;
    const struct option options[] = {
        {.name = "markdown", .text = "Print docs/errors.md.", .flag = &markdown},
        {.name = "man", .text = "Print the manual's section of AWS's errors.", .flag = &manual},
    };
    const struct usage usage = {
        "errors", "",
        "Show the outcome of each class of error, and the class of each AWS error code.", options,
        sizeof(options) / sizeof(options[0])};
    struct operands rest;
    int status = STATUS_OK;
    if (!options_read(&usage, argc, argv, &rest, &status)) {
        return status;
    }
    if (rest.count > 0) {
        return usage_wrong(&usage, "takes no operand '%s'", rest.list[0]);
    }
    struct buf out = BUF_INIT(TEXT_MAX_BYTES);
    errors_text(&out, manual ? ERRORS_MAN : markdown ? ERRORS_MARKDOWN : ERRORS_TEXT);
    return print_and_free(&out);
}

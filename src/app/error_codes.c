/* SPDX-License-Identifier: Apache-2.0 */
#include "app/errors.h"

#include "codec/fault.h"
#include "codec/s3_answer.h"
#include "codec/sqs_json.h"
#include "codec/sts_xml.h"

#include <stdio.h>

struct table {
    const char *service;
    const struct fault_rule *rules;
    const size_t *count;
};

/* In the order of fault_find. */
static const struct table tables[] = {
    {"S3", s3_rules, &s3_rule_count},
    {"STS", sts_rules, &sts_rule_count},
    {"SQS", sqs_rules, &sqs_rule_count},
    {"any", fault_common, &fault_common_count},
    {"any", fault_statuses, &fault_status_count},
};
enum { TABLES = sizeof(tables) / sizeof(tables[0]), CELLS = 5 };

static const char markdown_intro[] =
    "\n"
    "# The class of each AWS error code\n"
    "\n"
    "The first matching row decides; rows of the service come before rows of all services. A `*`\n"
    "matches any ending. A code without a row is `config` with a status of 3xx or 4xx, else "
    "`again`.\n"
    "Exceptions:\n"
    "\n"
    "- An `AccessDenied` of S3 is `kms` if its message names a KMS permission. It is `gone` if "
    "the\n"
    "  worker may list the key and the list does not contain it: S3 answers 403 for a missing key\n"
    "  where only a prefix may be listed.\n"
    "- A 404, 405 or 412 without a code and a request id comes from a proxy and is `again`.\n"
    "- `superseded`: the pinned version is gone. The current version is read immediately; if "
    "there\n"
    "  is none, the class is `gone`.\n"
    "- `InvalidParameterValue` of SQS is `lost` if the receipt handle has expired, and `limit` 12 "
    "hours\n"
    "  after the receive.\n"
    "- A damaged transfer is `again` with the code `ChecksumMismatch`.\n"
    "\n"
    "| Service | Code | HTTP | Class | Immediately |\n"
    "|---|---|---|---|---|\n";

static const char *at_once(unsigned flags)
{
    if ((flags & FAULT_SKEW) != 0) {
        return "the clock is corrected";
    }
    if ((flags & FAULT_MAYBE_SKEW) != 0) {
        return "the clock is corrected if the answer's Date says so, else other credentials";
    }
    return (flags & FAULT_CREDS) != 0 ? "other credentials, once" : "-";
}

static const char *code_of(const struct fault_rule *r)
{
    return r->code == NULL ? "any" : r->code[0] == '\0' ? "none" : r->code;
}

static void add_row(struct buf *out, bool markdown, const char *const cells[CELLS])
{
    static const int widths[CELLS] = {7, 34, 5, 10, 0};
    for (int i = 0; i < CELLS; i++) {
        if (markdown) {
            buf_addf(out, i == 1 || i == 3 ? "| `%s` " : "| %s ", cells[i]);
        } else {
            buf_addf(out, "%-*s%s", widths[i], cells[i], i + 1 < CELLS ? " " : "");
        }
    }
    buf_add(out, markdown ? SPAN("|\n") : SPAN("\n"));
}

static void add_rows(struct buf *out, bool markdown, const struct table *t)
{
    for (size_t i = 0; i < *t->count; i++) {
        const struct fault_rule *r = &t->rules[i];
        char status[16] = "any";
        if (r->status != 0) {
            (void)snprintf(status, sizeof(status), "%d", r->status);
        }
        add_row(out, markdown,
                (const char *const[CELLS]){t->service, code_of(r), status, err_kind_name(r->kind),
                                           at_once(r->flags)});
    }
}

/* Append the codes of a class, "NoSuchKey, none (404)". */
static void add_class(struct buf *out, const struct table *t, enum err_kind kind)
{
    bool any = false;
    for (size_t i = 0; i < *t->count; i++) {
        const struct fault_rule *r = &t->rules[i];
        if (r->kind != kind) {
            continue;
        }
        if (!any) {
            buf_addf(out, ".TP\n.B %s\n", err_kind_name(kind));
        }
        buf_addf(out, "%s%s", any ? ",\n" : "", code_of(r));
        if (r->status != 0) {
            buf_addf(out, " (%d)", r->status);
        }
        any = true;
    }
    buf_add(out, any ? SPAN("\n") : SPAN(""));
}

static void add_manual(struct buf *out)
{
    const char *last = "";
    buf_add(out,
            SPAN(".SH ERRORS OF AWS\n"
                 "By service and class, which the log shows as\n.IR error= ;\n"
                 "an asterisk stands for any ending, a number for the HTTP status.\n"
                 "What becomes of each class is printed by\n.BR \"asymptote-ingest errors\" .\n"));
    for (size_t t = 0; t < TABLES; t++) {
        if (strcmp(last, tables[t].service) != 0) {
            last = tables[t].service;
            buf_addf(out, ".SS %s\n", strcmp(last, "any") == 0 ? "All of them" : last);
        }
        for (int kind = FAIL_NONE + 1; kind < FAIL_KINDS; kind++) {
            add_class(out, &tables[t], (enum err_kind)kind);
        }
    }
}

void error_codes_text(struct buf *out, enum errors_form form)
{
    if (form == ERRORS_MAN) {
        add_manual(out);
        return;
    }
    bool markdown = form == ERRORS_MARKDOWN;
    if (markdown) {
        buf_add(out, SPAN(markdown_intro));
    } else {
        buf_add(out, SPAN("\n"));
        add_row(out, false,
                (const char *const[CELLS]){"SERVICE", "CODE", "HTTP", "CLASS", "AT ONCE"});
    }
    for (size_t t = 0; t < TABLES; t++) {
        add_rows(out, markdown, &tables[t]);
    }
}

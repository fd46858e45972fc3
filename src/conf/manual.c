/* SPDX-License-Identifier: Apache-2.0 */
/* The manual page asymptote-ingest.conf(5), made from the same rows and words as the reference. */
#include "load_priv.h"

#include "base/roff.h"

static void add_rows(struct buf *out, const struct conf_section *s)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct conf_row *row = &s->rows[i];
        struct buf about = BUF_INIT(4096);
        buf_addf(out, ".TP\n.B ");
        roff_word(out, row->name);
        buf_add_byte(out, '\n');
        conf_row_type(&about, row);
        buf_add(&about, SPAN(". If not given: "));
        conf_row_default(&about, row);
        buf_add(&about, row->fixed ? SPAN(". A change needs a restart.\n") : SPAN(".\n"));
        buf_addf(&about, "%s For example `%s`.", row->text, row->example);
        roff_text(out, about.p);
        buf_done(&about);
    }
}

static void add_section(struct buf *out, const char *name, const char *text,
                        const struct conf_section *s)
{
    buf_add(out, SPAN(".SS "));
    roff_word(out, name);
    buf_add_byte(out, '\n');
    roff_text(out, text);
    add_rows(out, s);
}

static const char description[] =
    "One file in the syntax of libconfig, and one file for each customer in `customers.d/` beside "
    "it: each `customers.d/*.conf` holds the group of one customer, with the keys of `customers` "
    "below. `asymptote-ingest check-config -c FILE` reports every error with file and line, and "
    "`asymptote-ingest check-config --sample` prints a sample with every key.\n\n"
    "Sizes and times are texts with a unit: \"64MiB\", \"120s\". In `kafka.properties` a value "
    "`env:NAME` is taken from the environment, and `file:PATH` from a file, so that secrets need "
    "not be in the configuration. `@include \"other.conf\"` reads another file of the same folder. "
    "Unknown keys are errors.\n\n"
    "The file is read at the start and at SIGHUP (systemctl reload). A configuration with an error "
    "changes nothing.";

void conf_manual(struct buf *out)
{
    roff_head(out, "ASYMPTOTE\\-INGEST.CONF", 5, "asymptote-ingest.conf",
              "configuration of asymptote-ingest");
    buf_add(out, SPAN(".SH SYNOPSIS\n.I /etc/asymptote\\-ingest/asymptote\\-ingest.conf\n.br\n"
                      ".I /etc/asymptote\\-ingest/customers.d/*.conf\n.SH DESCRIPTION\n"));
    roff_text(out, description);
    buf_add(out, SPAN(".SH KEYS\n"));
    for (int i = 0; i < CONF_SECTIONS; i++) {
        const struct conf_section *s = conf_sections[i];
        add_section(out, s->name, s->text, s);
    }
    add_section(out, "mapping", "An entry of a customer's `mapping`:", &conf_mapping_section);
    add_section(out, "actions", "An entry of a customer's `actions`:", &conf_actions_section);
    buf_add(out, SPAN(".SH SEE ALSO\n.BR asymptote\\-ingest (1),\n"
                      ".BR asymptote\\-ingest\\-check\\-config (1)\n"));
}

/* SPDX-License-Identifier: Apache-2.0 */
/* getopt is not used: its state is global, and its help would be a text apart from the code. */
#include "app/options.h"

#include "app/print.h"
#include "base/roff.h"
#include "conf/value.h"

#include <stdarg.h>
#include <stdio.h>

enum { MAX_OPTIONS = 32, STATUS_OK = 0, STATUS_USAGE = 2, TEXT_COLUMN = 30 };

static void print_help(const struct usage *u)
{
    (void)printf("Usage: asymptote-ingest %s [OPTION]...%s%s\n\n%s\n\nOptions:\n", u->command,
                 u->operands[0] != '\0' ? " " : "", u->operands, u->text);
    for (size_t i = 0; i < u->count; i++) {
        const struct option *o = &u->options[i];
        char left[80];
        (void)snprintf(left, sizeof(left), "  %c%c%s--%s%s%s", o->letter != 0 ? '-' : ' ',
                       o->letter != 0 ? o->letter : ' ', o->letter != 0 ? ", " : "  ", o->name,
                       o->value != NULL ? " " : "", o->value != NULL ? o->value : "");
        (void)printf("%-*s  %s\n", TEXT_COLUMN, left, o->text);
    }
    (void)printf("%-*s  %s\n", TEXT_COLUMN, "  -h, --help", "Show this text.");
}

/* The same as a manual page, asymptote-ingest-COMMAND(1). */
static void print_manual(const struct usage *u)
{
    char name[64];
    struct buf out = BUF_INIT(256 * 1024);
    (void)snprintf(name, sizeof(name), "asymptote-ingest-%s", u->command);
    roff_head(&out, "ASYMPTOTE\\-INGEST", 1, name, "a command of asymptote-ingest(1)");
    buf_add(&out, SPAN(".SH SYNOPSIS\n.B asymptote\\-ingest "));
    roff_word(&out, u->command);
    buf_add(&out, SPAN("\n[\n.I OPTION\n]...\n"));
    roff_text(&out, u->operands);
    buf_add(&out, SPAN(".SH DESCRIPTION\n"));
    roff_text(&out, u->text);
    buf_add(&out, SPAN("\n.SH OPTIONS\n"));
    for (size_t i = 0; i < u->count; i++) {
        const struct option *o = &u->options[i];
        buf_add(&out, SPAN(".TP\n"));
        if (o->letter != 0) {
            buf_addf(&out, "\\fB\\-%c\\fR, ", o->letter);
        }
        buf_add(&out, SPAN("\\fB\\-\\-"));
        roff_word(&out, o->name);
        buf_add(&out, SPAN("\\fR"));
        if (o->value != NULL) {
            buf_add(&out, SPAN(" \\fI"));
            roff_word(&out, o->value);
            buf_add(&out, SPAN("\\fR"));
        }
        buf_add_byte(&out, '\n');
        roff_text(&out, o->text);
    }
    buf_add(&out, SPAN(".SH SEE ALSO\n.BR asymptote\\-ingest (1),\n"
                       ".BR asymptote\\-ingest.conf (5)\n"));
    (void)print_and_free(&out);
}

int usage_wrong(const struct usage *u, const char *fmt, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    print_line(stderr, "asymptote-ingest %s: %s (try 'asymptote-ingest %s --help')", u->command,
               text, u->command);
    return STATUS_USAGE;
}

/* The arguments that are not yet processed. */
struct walk {
    const struct usage *usage;
    char **next; /* NULL-terminated */
    int *status;
};

/* Set an option to its value: `inlined` if it is part of the argument, else the next argument. */
static bool option_take(struct walk *w, const struct option *o, const char *inlined)
{
    if (o->value == NULL) {
        if (inlined != NULL) {
            *w->status = usage_wrong(w->usage, "--%s takes no value", o->name);
            return false;
        }
        *o->flag = true;
        return true;
    }
    const char *value = inlined != NULL ? inlined : *w->next;
    if (value == NULL) {
        *w->status = usage_wrong(w->usage, "--%s needs a value: %s", o->name, o->value);
        return false;
    }
    w->next += inlined == NULL ? 1 : 0;
    *o->to = value;
    return true;
}

static bool say_unknown(struct walk *w, const char *arg, struct span name)
{
    const char *names[MAX_OPTIONS + 1] = {NULL};
    for (size_t i = 0; i < w->usage->count && i < MAX_OPTIONS; i++) {
        names[i] = w->usage->options[i].name;
    }
    char wrong[80];
    (void)snprintf(wrong, sizeof(wrong), "%.*s", SPAN_FMT(name));
    const char *near = name.n > 1 ? conf_nearest(wrong, names) : NULL;
    *w->status = usage_wrong(w->usage, "unknown option %s%s%s%s", arg,
                             near != NULL ? "; did you mean --" : "", near != NULL ? near : "",
                             near != NULL ? "?" : "");
    return false;
}

static bool read_long(struct walk *w, const char *arg)
{
    struct span name = span_of(arg + 2, strcspn(arg + 2, "="));
    const char *inlined = name.p[name.n] == '=' ? name.p + name.n + 1 : NULL;
    for (size_t i = 0; i < w->usage->count; i++) {
        if (span_eq(span_str(w->usage->options[i].name), name)) {
            return option_take(w, &w->usage->options[i], inlined);
        }
    }
    return say_unknown(w, arg, name);
}

static bool read_short(struct walk *w, const char *arg)
{
    for (size_t i = 0; i < w->usage->count; i++) {
        if (w->usage->options[i].letter == arg[1]) {
            return option_take(w, &w->usage->options[i], arg[2] != '\0' ? arg + 2 : NULL);
        }
    }
    return say_unknown(w, arg, span_str(arg + 1));
}

static bool is_help(const char *arg)
{
    return strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0;
}

bool options_read(const struct usage *u, int argc, char **argv, struct operands *rest, int *status)
{
    struct walk w = {.usage = u, .next = argv + (argc > 0 ? 1 : 0), .status = status};
    *rest = (struct operands){.list = w.next};
    bool only_operands = false;
    while (*w.next != NULL) {
        char *arg = *w.next++;
        if (only_operands || arg[0] != '-' || arg[1] == '\0') {
            rest->list[rest->count++] = arg; /* never overtakes w.next */
        } else if (strcmp(arg, "--") == 0) {
            only_operands = true;
        } else if (is_help(arg)) {
            print_help(u);
            *status = STATUS_OK;
            return false;
        } else if (strcmp(arg, "--help=man") == 0) {
            print_manual(u);
            *status = STATUS_OK;
            return false;
        } else if (!(arg[1] == '-' ? read_long(&w, arg) : read_short(&w, arg))) {
            return false;
        }
    }
    return true;
}

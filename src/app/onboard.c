/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `onboard`: brings a customer in (docs/onboard.md). What it writes is rendered by the room
 * onboard; here are options, files, questions and, with --complete, the check of the role.
 */
#include "app/app.h"

#include "app/options.h"
#include "app/print.h"
#include "onboard_priv.h"

#include <stdarg.h>
#include <stdio.h>

enum { STATUS_OK = 0, STATUS_FAILED = 1, NAME_BYTES = 40, OPTIONS = 32, MESSAGE_BYTES = 16384 };

int onboard_fail(const char *fmt, ...)
{
    char text[MESSAGE_BYTES];
    const char *start = "asymptote-ingest onboard: ";
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    for (struct span rest = span_str(text); rest.n > 0; start = "") {
        struct span line = span_take(&rest, strcspn(rest.p, "\n"));
        rest = span_from(rest, rest.n > 0 ? 1 : 0);
        print_line(stderr, "%s%.*s", start, SPAN_FMT(line));
    }
    return STATUS_FAILED;
}

/* The options of the model's fields, named as in customer.json with dashes. */
struct field_options {
    char names[MODEL_FIELDS][NAME_BYTES];
    struct option list[OPTIONS];
    size_t count;
};

static void add_field_option(struct field_options *all, struct onboarding *o, enum model_field f,
                             const char *text)
{
    char *name = all->names[f];
    (void)snprintf(name, NAME_BYTES, "%s", model_rows[f].name);
    for (char *p = name; *p != '\0'; p++) {
        *p = *p == '_' ? '-' : *p;
    }
    all->list[all->count++] =
        (struct option){.name = name, .value = "VALUE", .text = text, .to = &o->given[f]};
}

static void add_options(struct field_options *all, struct onboarding *o)
{
    const struct option own[] = {
        {.name = "config",
         .letter = 'c',
         .value = "FILE",
         .text = "The worker's configuration; the entry is written to customers.d/ beside it.",
         .to = &o->config},
        {.name = "out",
         .value = "DIR",
         .text = "The customer's folder DIR/ID is written here; default: the current folder.",
         .to = &o->out},
        {.name = "file",
         .value = "FILE",
         .text = "Values of the customer, as customer.json.",
         .to = &o->file},
        {.name = "yes",
         .text = "Replace files that are there without a question.",
         .flag = &o->yes},
        {.name = "json", .text = "Print the result for machines.", .flag = &o->json},
        {.name = "complete",
         .value = "ID",
         .text = "Check the role of a pending customer, and complete its entry.",
         .to = &o->complete},
        {.name = "stack-outputs",
         .value = "FILE",
         .text = "With --complete: outputs of CloudFormation or Terraform, with the role's ARN.",
         .to = &o->outputs},
        {.name = "wait",
         .value = "SECONDS",
         .text = "With --complete: how long a denial is retried; default: 60.",
         .to = &o->wait},
        {.name = "skip-verify",
         .text = "With --complete: do not make the checks of `verify` afterwards.",
         .flag = &o->skip_verify},
        {.name = "merge-notifications",
         .value = "FILE",
         .text = "With --id: print the bucket's notifications in FILE with the customer's.",
         .to = &o->merge},
    };
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        all->list[all->count++] = own[i];
    }
    for (int f = 0; f < MODEL_FIELDS; f++) {
        if (model_rows[f].question != NULL) {
            add_field_option(all, o, (enum model_field)f, model_rows[f].question);
        }
    }
    add_field_option(all, o, MODEL_ROLE, "ARN of the customer's role, if it is not the usual one");
}

/* Whether the file is customers.d/ID.pending of the customer that this run is about. */
static bool is_of(const char *file, const char *id)
{
    const char *slash = strrchr(file, '/');
    const char *name = slash != NULL ? slash + 1 : file;
    size_t n = id != NULL ? strlen(id) : 0;
    return n > 0 && strncmp(name, id, n) == 0 && strcmp(name + n, ".pending") == 0;
}

/* Say which pending entries are left out. False: --complete is about one of them. */
static bool say_left_out(const struct onboarding *o, const struct conf_problems *left_out)
{
    bool ok = true;
    app_print_problems(left_out, true);
    for (size_t i = 0; i < left_out->count; i++) {
        const char *file = left_out->list[i].file;
        if (i > 0 && strcmp(file, left_out->list[i - 1].file) == 0) {
            continue;
        }
        print_line(stderr,
                   "%s: is left out of this run because of its errors; correct it with onboard "
                   "--id, or remove the file and the customer's folder",
                   file);
        ok = ok && !is_of(file, o->complete) &&
             (o->merge == NULL || !is_of(file, o->given[MODEL_ID]));
    }
    return ok;
}

/* Load the configuration; warnings are check-config's, not of interest here. */
static struct conf *load(const struct onboarding *o)
{
    struct conf_problems problems = {0};
    struct conf_problems left_out = {0};
    OWNED(conf) struct conf *c = conf_load_pending(o->config, &left_out, &problems);
    if (c == NULL) {
        app_print_problems(&problems, true);
    }
    bool ok = say_left_out(o, &left_out);
    conf_problems_done(&problems);
    conf_problems_done(&left_out);
    return ok ? take(&c) : NULL;
}

static int run(struct onboarding *o)
{
    if (o->complete != NULL) {
        return onboard_complete(o);
    }
    return o->merge != NULL ? onboard_merge(o) : onboard_plan(o);
}

int app_onboard(int argc, char **argv)
{
    struct onboarding o = {.out = "."};
    struct field_options options = {.count = 0};
    add_options(&options, &o);
    const struct usage usage = {
        "onboard", "",
        "Bring a customer in: from the customer's values write a folder with policies, templates "
        "of\n"
        "CloudFormation and Terraform, commands of the AWS CLI and a letter, for the customer's\n"
        "account and for the operator's, and an entry customers.d/ID.pending. The worker does not\n"
        "read it until --complete has checked the role, and made it ID.conf. Values come from\n"
        "options, from --file or, on a terminal, from questions. It can be repeated: a difference\n"
        "to files that are there is shown before they are replaced. Only --complete uses the\n"
        "network: it assumes the role.",
        options.list, options.count};
    struct operands rest;
    int status = STATUS_OK;
    if (!options_read(&usage, argc, argv, &rest, &status)) {
        return status;
    }
    if (rest.count > 0 || o.config == NULL) {
        return usage_wrong(&usage, "%s", o.config == NULL ? "needs -c FILE" : "takes no operand");
    }
    if (o.complete != NULL && o.merge != NULL) {
        return usage_wrong(&usage, "--complete and --merge-notifications are two runs");
    }
    OWNED(conf) struct conf *conf = load(&o);
    OWNED(model) struct model *model = model_new();
    if (conf == NULL) {
        return STATUS_FAILED;
    }
    o.conf = conf;
    o.model = model;
    return run(&o);
}

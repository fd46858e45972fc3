/* SPDX-License-Identifier: Apache-2.0 */
/*
 * onboard_priv.h - the command `onboard`: one customer, its configuration and its files. Used by
 * the files onboard*.c only. Threads: one.
 */
#ifndef APP_ONBOARD_PRIV_H
#define APP_ONBOARD_PRIV_H

#include "base/buf.h"
#include "conf/conf.h"
#include "onboard/model.h"
#include "onboard/render.h"

enum { ONBOARD_PATH_BYTES = 4096, ONBOARD_FILE_BYTES = 1 << 20, ONBOARD_FILES = 40 };

struct onboarding {
    /* options; NULL: not given */
    const char *config;
    const char *file;     /* customer.json to read */
    const char *out;      /* the folder in which the customer's folder is */
    const char *complete; /* id of the customer to complete */
    const char *outputs;  /* file with the outputs of the customer's stack */
    const char *merge;    /* file with the bucket's notifications */
    const char *wait;     /* seconds */
    const char *given[MODEL_FIELDS];
    bool yes;
    bool skip_verify;
    bool json;

    struct conf *conf; /* with the entries that are pending */
    struct model *model;
};

/* Print "asymptote-ingest onboard: ..." to standard error. Returns 1, the exit status. */
int onboard_fail(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* ---- onboard_model.c: where the values come from ---- */

/*
 * Set the model from the earlier files of the customer, its entry, --file, the options and, on a
 * terminal, questions, and check it. False: it is not complete or cannot work; the reason is
 * printed.
 */
MUST_USE bool onboard_read_model(struct onboarding *o);

/* As onboard_read_model, of a customer that is there, without questions and --file. */
MUST_USE bool onboard_read_known(struct onboarding *o, const char *id);

/* ---- onboard_files.c: what is written ---- */

/* A file as it should be, and as it is. */
struct planned {
    char path[ONBOARD_PATH_BYTES];
    char *text;
    char *before; /* NULL: it is not there */
    bool script;
};

struct plan {
    struct planned files[ONBOARD_FILES];
    size_t count;
};

/*
 * Add a file. False: a file of that path is there, but cannot be read; the reason is printed. The
 * text is copied.
 */
MUST_USE bool plan_add(struct plan *p, const char *path, struct span text, bool script);
void plan_done(struct plan *p);
bool plan_changes(const struct planned *f);  /* is new, or differs */
bool plan_replaces(const struct planned *f); /* is there, and differs */

/* Append the differences of all files that would be replaced. */
void plan_difference(const struct plan *p, struct buf *out);

/*
 * Write what is new or differs, each file atomically. False: one could not be written; the reason
 * is printed, files before it are written.
 */
MUST_USE bool plan_write(const struct plan *p);

/* Read a small file. NULL and errno: it cannot be read. The caller frees it. */
MUST_USE char *onboard_read_file(const char *path, size_t *bytes);

/* Write a file beside its path, then rename it. False: errno says why. */
MUST_USE bool onboard_write_file(const char *path, struct span text, bool script);

/* The path of ID.pending or ID.conf in customers.d/ beside the configuration. */
void onboard_entry_path(const struct onboarding *o, const char *id, const char *suffix,
                        char path[ONBOARD_PATH_BYTES]);
bool onboard_exists(const char *path);

/* ---- The three modes; they return the exit status ---- */

int onboard_plan(struct onboarding *o);     /* onboard_plan.c: files and entry */
int onboard_complete(struct onboarding *o); /* onboard_complete.c */
int onboard_merge(struct onboarding *o);    /* onboard_plan.c: a notification document */

#endif

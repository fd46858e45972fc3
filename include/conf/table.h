/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table.h - every key of the configuration, one row each.
 *
 * A row has the key's name, type, member, default, range and description. All other code of the
 * configuration iterates over the rows.
 */
#ifndef CONF_TABLE_H
#define CONF_TABLE_H

#include "base/base.h"

enum conf_type {
    CONF_TEXT,       /* char * */
    CONF_SIZE,       /* "64MiB": bytes, a 64-bit member */
    CONF_TIME,       /* "120s": int, in units of unit_ms milliseconds */
    CONF_COUNT,      /* 16: a 32-bit member */
    CONF_SHARE,      /* 0.05: double, 0 to 1 */
    CONF_BOOL,       /* true: bool */
    CONF_WORD,       /* one of the row's words: its index, as a bool or a 32-bit enum */
    CONF_TEXTS,      /* list of 1 to `most` texts, or one text: char **, NULL if not set */
    CONF_PROPERTIES, /* list of "name=value" with secrets: char ** */
    CONF_MAPPING,    /* list of groups: a customer's mapping */
    CONF_ACTIONS,    /* list of groups: a customer's action words */
};

struct conf_row {
    const char *name;
    enum conf_type type;
    size_t offset; /* of the member in the section's struct; width is its size */
    size_t width;

    bool required;
    bool fixed;           /* a reload cannot change it: the worker refuses the configuration */
    bool shown;           /* set in the sample, although it is optional */
    bool hidden;          /* CONF_TEXT: an error does not show a refused value */
    bool unique;          /* CONF_TEXT: different for each customer, also from the example */
    const char *standard; /* the default as written in a file; NULL: none */
    const char *derived;  /* for people: how the value is derived if there is no default */
    const char *env[2];   /* environment variables that replace it; the first has priority */
    int64_t least, most;  /* in the member's unit; both 0: no limits */
    int unit_ms;          /* CONF_TIME: unit of the member */
    const char *const *words;
    const char *(*refuse)(const char *text); /* of each text: why it is refused, or NULL */

    const char *example; /* as written in a file */
    const char *text;    /* one or two sentences, for people */
};

struct conf_section {
    const char *name;
    bool list; /* a list of groups, else one group */
    const struct conf_row *rows;
    size_t count;
    const char *text;
};

enum conf_section_id {
    SECTION_AWS,
    SECTION_KAFKA,
    SECTION_LIMITS,
    SECTION_REJECTS,
    SECTION_LOG,
    SECTION_METRICS,
    SECTION_CONTROL,
    SECTION_VERIFY,
    SECTION_RECONCILE,
    SECTION_BACKFILL,
    SECTION_QUEUES,
    SECTION_CUSTOMERS,
    CONF_SECTIONS
};
extern const struct conf_section *const conf_sections[CONF_SECTIONS];

/* For rows: offset and size of a member. */
#define MEMBER(type, member)                                                                       \
    .offset = offsetof(struct type, member), .width = sizeof(((struct type *)0)->member)

/* Sections with a file of their own: table_customers.c, table_metrics.c, table_control.c,
 * table_reconcile.c. */
extern const struct conf_section conf_customers_section;
extern const struct conf_section conf_metrics_section;
extern const struct conf_section conf_control_section;
extern const struct conf_section conf_reconcile_section;

/* The members of an entry of mapping and of actions, for texts. */
extern const struct conf_section conf_mapping_section;
extern const struct conf_section conf_actions_section;

/* The row with this name. NULL: there is none. */
const struct conf_row *conf_row_find(const struct conf_section *s, const char *name);

#endif

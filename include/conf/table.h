/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table.h - every key of the configuration, one row each.
 *
 * A row says what the key is called, what it holds, where its value goes, what it is when
 * it is not given, what it may be, and what a person should know. Everything else about
 * the configuration is code that walks these rows.
 */
#ifndef CONF_TABLE_H
#define CONF_TABLE_H

#include "base/base.h"

enum conf_type {
    CONF_TEXT,       /* char * */
    CONF_SIZE,       /* "64MiB": bytes, a 64-bit member */
    CONF_TIME,       /* "120s": int, in units of the row's unit_ms milliseconds */
    CONF_COUNT,      /* 16: a 32-bit member */
    CONF_SHARE,      /* 0.05: double, 0 to 1 */
    CONF_BOOL,       /* true: bool */
    CONF_WORD,       /* one of the row's words: its index, bool or a 32-bit enum */
    CONF_PROPERTIES, /* list of "name=value" with secrets: char ** */
    CONF_MAPPING,    /* list of groups: a customer's fields */
    CONF_ACTIONS,    /* list of groups: a customer's words */
};

struct conf_row {
    const char *name;
    enum conf_type type;
    size_t offset; /* in the section's struct, and the bytes of the member */
    size_t width;

    bool required;
    bool fixed;           /* a reload does not change it */
    bool shown;           /* set in the sample, although it need not be */
    bool unique;          /* CONF_TEXT: no other customer's, so not the example's either */
    const char *standard; /* the default as it would be written; NULL: none */
    const char *derived;  /* what it is instead of a default, for people */
    const char *env[2];   /* environment variables that stand in for it, first first */
    int64_t least, most;  /* in the member's unit; both 0: any */
    int unit_ms;          /* CONF_TIME: of the member */
    const char *const *words;
    const char *(*refuse)(const char *text); /* CONF_TEXT: why not, NULL if fine */

    const char *example; /* as it would be written */
    const char *text;    /* one sentence or two, for people */
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
    SECTION_QUEUES,
    SECTION_CUSTOMERS,
    CONF_SECTIONS
};
extern const struct conf_section *const conf_sections[CONF_SECTIONS];

/* For rows: where a member of a struct is. */
#define MEMBER(type, member)                                                                       \
    .offset = offsetof(struct type, member), .width = sizeof(((struct type *)0)->member)

/* Sections with a file of their own: table_customers.c, table_metrics.c. */
extern const struct conf_section conf_customers_section;
extern const struct conf_section conf_metrics_section;

/* The members of an entry of mapping and of actions, for texts. */
extern const struct conf_section conf_mapping_section;
extern const struct conf_section conf_actions_section;

/* The row with this name, NULL if there is none. */
const struct conf_row *conf_row_find(const struct conf_section *s, const char *name);

#endif

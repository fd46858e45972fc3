/* SPDX-License-Identifier: Apache-2.0 */
/*
 * load_priv.h - shared by the parts of the configuration's reader.
 *
 * The parsed files stay open until everything is checked, so that every problem can name the line
 * of its key.
 */
#ifndef CONF_LOAD_PRIV_H
#define CONF_LOAD_PRIV_H

#include "base/buf.h"
#include "conf/load.h"
#include "conf/table.h"

#include <libconfig.h>

enum { CONF_MAX_ENTRIES = 10000 }; /* of queues, and of customers */

struct conf_reader {
    struct conf *conf;
    struct conf_problems *problems;
    const char *name; /* of a text that is not a file */
    config_t **files; /* the main file and those of customers.d/ */
    size_t file_count;
    const config_setting_t **queue_at; /* the group of each queue and customer */
    const config_setting_t **customer_at;
};

/*
 * Copy the path of a setting's file into out; "" if it has none. For an included file libconfig has
 * the path as in the @include, which is relative to the file that includes it.
 */
enum { CONF_PATH_BYTES = 4096 };
void conf_source_path(const config_setting_t *at, char out[CONF_PATH_BYTES]);

/* Add an error or a warning at the line of *at (NULL: at no line). */
void conf_error(struct conf_reader *r, const config_setting_t *at, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* An error about a text of a list, shown without the query of a URL, which may have a token. */
void conf_bad_pattern(struct conf_reader *r, const config_setting_t *at, const char *what,
                      const char *key, const char *text, const char *why);
void conf_warn(struct conf_reader *r, const config_setting_t *at, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
void conf_problem_add(struct conf_problems *p, const char *file, int line, bool warning,
                      const char *text);

/*
 * files.c: whether libconfig may open the file and those that it includes from `folder`. Adds
 * errors if not.
 */
MUST_USE bool conf_file_ok(struct conf_reader *r, const char *path, const char *folder);

/* Sort by file and line; problems of one line keep their order. */
void conf_problems_sort(struct conf_problems *p);

/* The setting of a group's key; the group if it has no such key. */
const config_setting_t *conf_at(const config_setting_t *group, const char *key);

/* A NUL-terminated copy. Out of memory aborts. */
char *conf_copy(struct span text);

/* calloc that aborts when out of memory. */
void *conf_alloc(size_t count, size_t size);

/*
 * The list with room for one more than count, which is zeroed. Always call it with the count that
 * the list was grown to.
 */
void *conf_grow(void *list, size_t count, size_t size);

/* The path of a file next to another one: "/etc/x.conf", "customers.d" gives "/etc/customers.d". */
char *conf_beside(const char *path, const char *name);

/* An environment variable. NULL: not set or empty. */
const char *conf_env(const char *name);

/*
 * Set the members of *into from a group, by the section's rows. `what` begins each problem:
 * "limits", "customer acme". A NULL group has no keys, so defaults are used.
 */
void conf_read_group(struct conf_reader *r, const config_setting_t *group,
                     const struct conf_section *section, const char *what, void *into);

/* Report keys of a group that have no row. */
void conf_read_unknown(struct conf_reader *r, const config_setting_t *group,
                       const struct conf_section *section, const char *what);

/* Read the main file: sections, queues, customers. */
void conf_read_root(struct conf_reader *r, const config_setting_t *root);

/* Read and add a customer. */
void conf_read_customer(struct conf_reader *r, const config_setting_t *group);

/* kafka.c: the list of properties. rules.c: a customer's mapping and action words. */
void conf_read_properties(struct conf_reader *r, const config_setting_t *list, char ***into);
void conf_read_mapping(struct conf_reader *r, const config_setting_t *list,
                       struct customer_conf *customer);
void conf_read_actions(struct conf_reader *r, const config_setting_t *list,
                       struct customer_conf *customer);

/* Make the customer's rules of both, after they have been read. */
void conf_make_rules(struct conf_reader *r, const config_setting_t *group, struct customer_conf *c);

/*
 * print.c: the row's value as written in a file, secrets masked; from: its section's struct.
 * Absent: it has no value, and only the description says what happens then.
 */
void conf_value_print(struct buf *out, const struct conf_row *row, const void *from);
MUST_USE bool conf_value_absent(const struct conf_row *row, const void *from);

/* Whether a property's value must not be shown. */
MUST_USE bool conf_property_is_secret(struct span name);

/*
 * finish.c: set derived values. check.c, topics.c: conditions between values. *root is the main
 * file's.
 */
void conf_finish(struct conf_reader *r);
void conf_check(struct conf_reader *r, const config_setting_t *root);
void conf_check_topics(struct conf_reader *r, const config_setting_t *root);

/* conflicts.c: what no two queues, and no two customers, may share. */
void conf_check_queue_conflicts(struct conf_reader *r);
void conf_check_customer_conflicts(struct conf_reader *r);

/* docs.c: what a key holds, and its value if not given; in Markdown. */
struct conf_row;
void conf_row_type(struct buf *out, const struct conf_row *row);
void conf_row_default(struct buf *out, const struct conf_row *row);

#endif

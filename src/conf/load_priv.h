/* SPDX-License-Identifier: Apache-2.0 */
/*
 * load_priv.h - what the parts of the configuration's reader share while they work.
 *
 * The parsed files stay open until all is checked, so that every complaint can name the
 * line of the key it is about.
 */
#ifndef CONF_LOAD_PRIV_H
#define CONF_LOAD_PRIV_H

#include "base/buf.h"
#include "conf/load.h"
#include "conf/table.h"

#include <libconfig.h>

enum { CONF_MAX_ENTRIES = 10000 }; /* queues, and customers */

struct conf_reader {
    struct conf *conf;
    struct conf_problems *problems;
    const char *name; /* of the text that has no file of its own */
    config_t **files; /* the main file and those of customers.d/ */
    size_t file_count;
    const config_setting_t **queue_at; /* the group of each queue and customer */
    const config_setting_t **customer_at;
};

/*
 * The path of the file a setting stands in, into out; "" if it has none. libconfig tells that of an
 * included file as the @include has it: beside the file that includes it.
 */
enum { CONF_PATH_BYTES = 4096 };
void conf_source_path(const config_setting_t *at, char out[CONF_PATH_BYTES]);

/* Complaints, at the line of *at (NULL: at no line). */
void conf_error(struct conf_reader *r, const config_setting_t *at, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
void conf_warn(struct conf_reader *r, const config_setting_t *at, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
void conf_problem_add(struct conf_problems *p, const char *file, int line, bool warning,
                      const char *text);

/* files.c: libconfig may open it and what it includes from `folder`; complains if not. */
MUST_USE bool conf_file_ok(struct conf_reader *r, const char *path, const char *folder);

/* By file and line; those of one line stay in order. */
void conf_problems_sort(struct conf_problems *p);

/* Where the key of a group stands; the group if it has no such key. */
const config_setting_t *conf_at(const config_setting_t *group, const char *key);

/* A copy, NUL-terminated. Aborts when out of memory. */
char *conf_copy(struct span text);

/* calloc that aborts. */
void *conf_alloc(size_t count, size_t size);

/* The list with room for one more than count, all zero there. Only ever with count as grown. */
void *conf_grow(void *list, size_t count, size_t size);

/* "/etc/x.conf", "customers.d": "/etc/customers.d". */
char *conf_beside(const char *path, const char *name);

/* A variable of the environment; NULL if unset or empty. */
const char *conf_env(const char *name);

/*
 * Fill the members of *into from a group by the section's rows. `what` begins each complaint:
 * "limits", "customer acme". A NULL group has no keys: defaults alone.
 */
void conf_read_group(struct conf_reader *r, const config_setting_t *group,
                     const struct conf_section *section, const char *what, void *into);

/* Complain about the keys of a group that no row knows. */
void conf_read_unknown(struct conf_reader *r, const config_setting_t *group,
                       const struct conf_section *section, const char *what);

/* The whole of the main file's tree: sections, queues, customers. */
void conf_read_root(struct conf_reader *r, const config_setting_t *root);

/* Add a customer. */
void conf_read_customer(struct conf_reader *r, const config_setting_t *group);

/* kafka.c: the list of properties. rules.c: a customer's mapping and actions. */
void conf_read_properties(struct conf_reader *r, const config_setting_t *list, char ***into);
void conf_read_mapping(struct conf_reader *r, const config_setting_t *list,
                       struct customer_conf *customer);
void conf_read_actions(struct conf_reader *r, const config_setting_t *list,
                       struct customer_conf *customer);

/* ... and what they make together, once both are read. */
void conf_make_rules(struct conf_reader *r, const config_setting_t *group, struct customer_conf *c);

/* print.c: the row's value as the file would have it, secrets masked; from: its section's struct.
 * Absent: it has none, and what happens then is only said in words. */
void conf_value_print(struct buf *out, const struct conf_row *row, const void *from);
MUST_USE bool conf_value_absent(const struct conf_row *row, const void *from);

/* True if a property's value must not be shown. */
MUST_USE bool conf_property_is_secret(struct span name);

/* finish.c: fill in what is derived. check.c, topics.c: what must hold between
 * values. *root is the main file's. */
void conf_finish(struct conf_reader *r);
void conf_check(struct conf_reader *r, const config_setting_t *root);
void conf_check_topics(struct conf_reader *r, const config_setting_t *root);

#endif

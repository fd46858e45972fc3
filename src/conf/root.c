/* SPDX-License-Identifier: Apache-2.0 */
/* The top level of the file: its sections, and each entry of queues and customers. */
#include "load_priv.h"

#include "conf/value.h"

#include <stdio.h>
#include <stdlib.h>

enum { WHAT_BYTES = 80 };

/* "customer acme" if the id is known, else "customers[2]", or "customer" in a file of its own. */
static void entry_name(char *out, const config_setting_t *group, const char *key, const char *kind)
{
    const char *name = NULL;
    if (config_setting_lookup_string(group, key, &name) == CONFIG_TRUE && name[0] != '\0' &&
        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
            strlen(name)) {
        (void)snprintf(out, WHAT_BYTES, "%s %.40s", kind, name);
    } else if (config_setting_is_root(group)) {
        (void)snprintf(out, WHAT_BYTES, "%s", kind);
    } else {
        (void)snprintf(out, WHAT_BYTES, "%ss[%d]", kind, config_setting_index(group));
    }
}

/* Whether *at is a group; adds an error if not. */
static bool is_group(struct conf_reader *r, const config_setting_t *at, const char *what)
{
    if (config_setting_is_group(at)) {
        return true;
    }
    conf_error(r, at, "%s: must be a group { }", what);
    return false;
}

static void read_queue(struct conf_reader *r, const config_setting_t *group)
{
    char what[WHAT_BYTES];
    entry_name(what, group, "name", "queue");
    size_t n = r->conf->queue_count++;
    r->conf->queues = conf_grow(r->conf->queues, n, sizeof(*r->conf->queues));
    r->queue_at = conf_grow(r->queue_at, n, sizeof(config_setting_t *));
    r->queue_at[n] = group;
    conf_read_group(r, group, conf_sections[SECTION_QUEUES], what, &r->conf->queues[n]);
}

void conf_read_customer(struct conf_reader *r, const config_setting_t *group)
{
    if (r->conf->customer_count == CONF_MAX_ENTRIES) {
        conf_error(r, group, "customers: more than %d", CONF_MAX_ENTRIES);
        return;
    }
    char what[WHAT_BYTES];
    entry_name(what, group, "id", "customer");
    size_t n = r->conf->customer_count++;
    r->conf->customers = conf_grow(r->conf->customers, n, sizeof(*r->conf->customers));
    r->customer_at = conf_grow(r->customer_at, n, sizeof(config_setting_t *));
    r->customer_at[n] = group;
    conf_read_group(r, group, conf_sections[SECTION_CUSTOMERS], what, &r->conf->customers[n]);
}

static void read_entries(struct conf_reader *r, const config_setting_t *list, const char *what,
                         void (*read_one)(struct conf_reader *r, const config_setting_t *group))
{
    if (list == NULL) {
        return;
    }
    if (!config_setting_is_list(list)) {
        conf_error(r, list, "%s: must be a list of groups ( { ... }, { ... } )", what);
        return;
    }
    for (unsigned i = 0; i < (unsigned)config_setting_length(list) && i < CONF_MAX_ENTRIES; i++) {
        const config_setting_t *one = config_setting_get_elem(list, i);
        if (is_group(r, one, what)) {
            read_one(r, one);
        }
    }
    if (config_setting_length(list) > CONF_MAX_ENTRIES) {
        conf_error(r, list, "%s: more than %d", what, CONF_MAX_ENTRIES);
    }
}

/* Report keys at the top level that are not a section. */
static void read_strangers(struct conf_reader *r, const config_setting_t *root)
{
    const char *names[CONF_SECTIONS + 1] = {NULL};
    for (int i = 0; i < CONF_SECTIONS; i++) {
        names[i] = conf_sections[i]->name;
    }
    for (unsigned i = 0; i < (unsigned)config_setting_length(root); i++) {
        const config_setting_t *key = config_setting_get_elem(root, i);
        const char *name = config_setting_name(key);
        bool known = false;
        const char *home = NULL;
        for (int s = 0; s < CONF_SECTIONS; s++) {
            known = known || strcmp(name, conf_sections[s]->name) == 0;
            if (home == NULL && conf_row_find(conf_sections[s], name) != NULL) {
                home = conf_sections[s]->name;
            }
        }
        const char *near = conf_nearest(name, names);
        if (known) {
            continue;
        }
        if (home != NULL) {
            conf_error(r, key, "%s: unknown key; it belongs to %s", name, home);
        } else if (near != NULL) {
            conf_error(r, key, "%s: unknown key; did you mean %s?", name, near);
        } else {
            conf_error(r, key, "%s: unknown key", name);
        }
    }
}

void conf_read_root(struct conf_reader *r, const config_setting_t *root)
{
    for (int i = 0; i < CONF_SECTIONS; i++) {
        const struct conf_section *s = conf_sections[i];
        const config_setting_t *group = config_setting_get_member(root, s->name);
        if (s->list) {
            continue;
        }
        if (group == NULL || is_group(r, group, s->name)) {
            conf_read_group(r, group, s, s->name, r->conf);
        }
    }
    read_entries(r, config_setting_get_member(root, "queues"), "queues", read_queue);
    read_entries(r, config_setting_get_member(root, "customers"), "customers", conf_read_customer);
    read_strangers(r, root);
}

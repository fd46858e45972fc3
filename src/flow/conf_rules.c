/* SPDX-License-Identifier: Apache-2.0 */
/* A customer's own names and words: lists of groups inside the customer's entry. */
#include "flow/conf_read.h"

#include <stdlib.h>

enum { MAX_RULES = 1000, MAX_PATHS = 32 };

/* The entries of a list of groups; 0 and a complaint if it is none. */
static unsigned groups_count(struct conf_reader *r, const config_setting_t *list, const char *what)
{
    unsigned n = (unsigned)config_setting_length(list);
    bool ok = config_setting_is_list(list) && n <= MAX_RULES;
    for (unsigned i = 0; ok && i < n; i++) {
        ok = config_setting_is_group(config_setting_get_elem(list, i));
    }
    if (!ok) {
        conf_error(r, list, "%s: must be a list of at most %d groups ( { ... }, { ... } )", what,
                   MAX_RULES);
    }
    return ok ? n : 0;
}

/* A text member of a group; NULL and a complaint if it is missing or something else. */
static char *member_text(struct conf_reader *r, const config_setting_t *group, const char *what,
                         const char *key)
{
    const char *text = NULL;
    if (config_setting_lookup_string(group, key, &text) != CONFIG_TRUE || text[0] == '\0') {
        conf_error(r, conf_at(group, key), "%s.%s: must be given, a text in quotes", what, key);
        return NULL;
    }
    return conf_copy(span_str(text));
}

/* from = "a.b" or [ "a.b", "c" ]. */
static char **paths_read(struct conf_reader *r, const config_setting_t *at)
{
    const char *single = config_setting_get_string(at);
    unsigned n = single != NULL ? 1 : (unsigned)config_setting_length(at);
    if (n == 0 || n > MAX_PATHS) {
        conf_error(r, at, "mapping.from: must be 1 to %d texts [ \"a.b\" ]", MAX_PATHS);
        return NULL;
    }
    char **paths = conf_alloc((size_t)n + 1, sizeof(*paths));
    size_t count = 0;
    for (unsigned i = 0; i < n; i++) {
        const char *path = single != NULL ? single : config_setting_get_string_elem(at, (int)i);
        if (path == NULL || path[0] == '\0') {
            conf_error(r, at, "mapping.from: must be texts in quotes, not empty");
        } else {
            paths[count++] = conf_copy(span_str(path));
        }
    }
    return paths;
}

static void mapping_read(struct conf_reader *r, const config_setting_t *group,
                         struct mapping_conf *m)
{
    const config_setting_t *from = config_setting_get_member(group, "from");
    const config_setting_t *value = config_setting_get_member(group, "value");
    m->field = member_text(r, group, "mapping", "field");
    if ((from != NULL) == (value != NULL)) {
        conf_error(r, group, "mapping: an entry has either from = [ ... ] or value = \"...\"");
    } else if (from != NULL) {
        m->from = paths_read(r, from);
    } else {
        m->value = member_text(r, group, "mapping", "value");
    }
    conf_read_unknown(r, group, &conf_mapping_section, "mapping");
}

void conf_read_mapping(struct conf_reader *r, const config_setting_t *list,
                       struct customer_conf *customer)
{
    unsigned n = groups_count(r, list, "mapping");
    customer->mapping = conf_alloc((size_t)n + 1, sizeof(*customer->mapping));
    for (unsigned i = 0; i < n; i++) {
        mapping_read(r, config_setting_get_elem(list, i),
                     &customer->mapping[customer->mapping_count++]);
    }
}

void conf_read_actions(struct conf_reader *r, const config_setting_t *list,
                       struct customer_conf *customer)
{
    unsigned n = groups_count(r, list, "actions");
    customer->actions = conf_alloc((size_t)n + 1, sizeof(*customer->actions));
    for (unsigned i = 0; i < n; i++) {
        const config_setting_t *group = config_setting_get_elem(list, i);
        struct word_conf *w = &customer->actions[customer->action_count++];
        w->word = member_text(r, group, "actions", "word");
        w->action = member_text(r, group, "actions", "action");
        conf_read_unknown(r, group, &conf_actions_section, "actions");
    }
}

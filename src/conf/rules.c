/* SPDX-License-Identifier: Apache-2.0 */
/* A customer's mapping and action words: lists of groups in the customer's entry. */
#include "load_priv.h"

#include "event/schema/rules.h"

#include <stdlib.h>

enum { MAX_RULES = 1000, MAX_PATHS = 32 };

/* Number of entries of a list of groups. 0, and an error: it is not such a list. */
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

/* A text member of a group. NULL, and an error: it is missing or not a text. */
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

/* Add an entry of the mapping to the rules. FAIL_CONFIG: *e has the reason. */
static enum err_kind mapping_add(struct rules *rules, const struct mapping_conf *m, struct err *e)
{
    struct span field = span_str(m->field);
    if (m->value != NULL) {
        return rules_add_constant(rules, field, span_str(m->value), e);
    }
    for (char **path = m->from; path != NULL && *path != NULL; path++) {
        if (rules_add_alias(rules, field, span_str(*path), e) != FAIL_NONE) {
            return FAIL_CONFIG;
        }
    }
    return FAIL_NONE;
}

/* The group of an entry, for its line. */
static const config_setting_t *entry_at(const config_setting_t *customer, const char *key, size_t i)
{
    return config_setting_get_elem(config_setting_get_member(customer, key), (unsigned)i);
}

void conf_make_rules(struct conf_reader *r, const config_setting_t *group, struct customer_conf *c)
{
    if (c->mapping_count == 0 && c->action_count == 0 && c->unwrap == NULL && !c->redact_secrets) {
        return;
    }
    struct err e = {0};
    c->rules = rules_new();
    rules_set_redact(c->rules, c->redact_secrets);
    for (size_t i = 0; i < c->mapping_count; i++) {
        const struct mapping_conf *m = &c->mapping[i];
        if (m->field != NULL && mapping_add(c->rules, m, &e) != FAIL_NONE) {
            conf_error(r, entry_at(group, "mapping", i), "mapping: %s", e.text);
        }
    }
    for (size_t i = 0; i < c->action_count; i++) {
        const struct word_conf *w = &c->actions[i];
        if (w->word != NULL && w->action != NULL &&
            rules_add_action(c->rules, span_str(w->word), span_str(w->action), &e) != FAIL_NONE) {
            conf_error(r, entry_at(group, "actions", i), "actions: %s", e.text);
        }
    }
    for (char **path = c->unwrap; path != NULL && *path != NULL; path++) {
        if (rules_add_unwrap(c->rules, span_str(*path), &e) != FAIL_NONE) {
            conf_error(r, config_setting_get_member(group, "unwrap"), "%s", e.text);
        }
    }
}

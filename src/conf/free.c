/* SPDX-License-Identifier: Apache-2.0 */
/* Frees what a configuration owns, by the rows of the table. */
#include "conf/conf.h"

#include "conf/table.h"
#include "event/schema/rules.h"

#include <stdlib.h>
#include <string.h>

static void texts_free(char **list)
{
    for (char **p = list; p != NULL && *p != NULL; p++) {
        explicit_bzero(*p, strlen(*p)); /* it may be a secret */
        free(*p);
    }
    free(list);
}

/* Free the members of a section's struct that own memory. */
static void rows_free(const struct conf_section *s, void *from)
{
    for (size_t i = 0; i < s->count; i++) {
        void *member = (char *)from + s->rows[i].offset;
        if (s->rows[i].type == CONF_TEXT) {
            free(*(char **)member);
        } else if (s->rows[i].type == CONF_TEXTS) {
            texts_free(*(char ***)member);
        }
    }
}

static void customer_free(struct customer_conf *c)
{
    for (size_t i = 0; i < c->mapping_count; i++) {
        free(c->mapping[i].field);
        free(c->mapping[i].value);
        texts_free(c->mapping[i].from);
    }
    for (size_t i = 0; i < c->action_count; i++) {
        free(c->actions[i].word);
        free(c->actions[i].action);
    }
    rules_free(c->rules);
    free(c->mapping);
    free(c->actions);
    rows_free(conf_sections[SECTION_CUSTOMERS], c);
}

/* The reference count is not a part of the constant values. */
static struct refs *refs_of(const struct conf *c)
{
    return &((struct conf *)(uintptr_t)c)->refs;
}

const struct conf *conf_hold(const struct conf *c)
{
    if (c != NULL) {
        refs_hold(refs_of(c));
    }
    return c;
}

void conf_release(const struct conf *c)
{
    conf_free((struct conf *)(uintptr_t)c);
}

void conf_free(struct conf *c)
{
    if (c == NULL || !refs_release(&c->refs)) {
        return;
    }
    for (size_t i = 0; i < c->queue_count; i++) {
        rows_free(conf_sections[SECTION_QUEUES], &c->queues[i]);
    }
    for (size_t i = 0; i < c->customer_count; i++) {
        customer_free(&c->customers[i]);
    }
    for (int i = 0; i < CONF_SECTIONS; i++) {
        if (!conf_sections[i]->list) {
            rows_free(conf_sections[i], c);
        }
    }
    free(c->file);
    texts_free(c->kafka.properties);
    free(c->queues);
    free(c->customers);
    free(c);
}

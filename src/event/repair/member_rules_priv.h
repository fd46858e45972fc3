/* SPDX-License-Identifier: Apache-2.0 */
/*
 * member_rules_priv.h - the rules of single members: what must hold, what repairs a violation, and
 * what stands for a missing member. One row a rule (kafka-contract.md §1, normalization.md §9).
 *
 * A check and a repair agree: what a repair leaves passes the check. A test and a fuzz target
 * compare them (event/README.md, rules 4 and 15).
 */
#ifndef EVENT_REPAIR_MEMBER_RULES_PRIV_H
#define EVENT_REPAIR_MEMBER_RULES_PRIV_H

#include "repair_state_priv.h"

enum { NOT_NOTED = -1 };

struct member_rule_row {
    /* Of a required member (a rule before RULE_REQUIRED): its object and its name. */
    enum member_group group;
    struct span name;

    /* Where its text is noted: offset of a span in struct event_facts, or NOT_NOTED. */
    int noted;

    /*
     * Whether a text may stay as it is. NULL: a required text unless it is empty, any other text
     * always. May note more in *facts.
     */
    bool (*check)(const struct member_rule_row *row, struct span text, int64_t modified_ns,
                  struct event_facts *facts);

    /*
     * What becomes of a text. NULL: a required one is replaced if it is empty, any other stays.
     * REPAIR_REPLACE: *json is the new value. What is lost is in raw.replaced.
     */
    enum repair_outcome (*repair)(struct repair_state *r, const struct member *m, size_t at,
                                  struct span text, struct span *json);

    /* What a missing or empty required member becomes; "" if it stays so. NULL: the constant. */
    struct span (*missing)(struct repair_state *r);
    struct span constant;

    bool any_type;   /* repair takes a value of any type; `text` is not set then */
    bool list_joins; /* an array of strings is a text too: they are joined by blanks */
};

extern const struct member_rule_row member_rules[RULES];

static inline bool member_rule_is_required(enum member_rule rule)
{
    return rule != RULE_NONE && rule < RULE_REQUIRED;
}

/* Note a text where its rule says. */
static inline void member_rule_note(const struct member_rule_row *row, struct span text,
                                    struct event_facts *facts)
{
    if (row->noted != NOT_NOTED) {
        memcpy((char *)facts + row->noted, &text, sizeof(text));
    }
}

/* The characters of a required member that is missing or empty, noted. "" if there are none. */
struct span member_rule_missing(struct repair_state *r, enum member_rule rule);

/* Replace a required member by them. It stays if there are none. */
enum repair_outcome member_rule_replace_missing(struct repair_state *r, enum member_rule rule,
                                                struct span *json);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* messages.h - messages to and from a model: lists of them, and the texts in them. */
#ifndef EVENT_MAP_MESSAGES_H
#define EVENT_MAP_MESSAGES_H

#include "event/map/draft.h"

/* Messages under numbered names (gen_ai.prompt.0.content) become a list (event-schema.md
 * §10.1). */
void draft_list_messages(struct draft *d);

/* The first text in the messages or parts of a row, at any depth; empty if none. */
struct span draft_messages_text(struct draft *d, int row);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_kind.h - guesses the kind of a text that is not JSON from its beginning: "CSV", "XML",
 * "logfmt or plain text". Used only in messages to people.
 */
#ifndef CODEC_TEXT_KIND_H
#define CODEC_TEXT_KIND_H

#include "base/span.h"

enum { TEXT_KIND_HEAD_BYTES = 1024 }; /* the head that text_kind_name examines; less is allowed */

/* Static text, never NULL. Any bytes are allowed. */
const char *text_kind_name(struct span head);

#endif

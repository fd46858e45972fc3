/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_kind.h - what a text is that is no JSON, by its beginning: "CSV", "XML", "logfmt or plain
 * text". For messages to people; nothing else depends on it.
 */
#ifndef CODEC_TEXT_KIND_H
#define CODEC_TEXT_KIND_H

#include "base/span.h"

enum { TEXT_KIND_HEAD_BYTES = 1024 }; /* what text_kind_name wants to see; less is fine */

/* Static text, never NULL. Any bytes may be given. */
const char *text_kind_name(struct span head);

#endif

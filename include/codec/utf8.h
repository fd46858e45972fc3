/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.h - well-formed UTF-8 (Unicode 15, table 3-7): no overlong forms, no surrogates. */
#ifndef CODEC_UTF8_H
#define CODEC_UTF8_H

#include "base/span.h"

/*
 * Cut the first character off *s. False if *s is empty or starts with no well-formed
 * character; then *s is unchanged.
 */
MUST_USE bool utf8_next(struct span *s, uint32_t *character);

bool utf8_valid(struct span s);

#endif

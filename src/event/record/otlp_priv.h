/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otlp_priv.h - declarations shared by the files of otlp: otlp.c (the walk over a request),
 * otlp_text.c (texts of records), otlp_begins.c (how a request begins).
 */
#ifndef EVENT_RECORD_OTLP_PRIV_H
#define EVENT_RECORD_OTLP_PRIV_H

#include "event/record/otlp.h"

/* Whether nothing is in a value: null, "", {}, []. */
bool otlp_is_empty(const struct doc *d, size_t at);

/* Attributes as a map, which are a list or a map. */
void otlp_write_attributes(const struct doc *d, size_t at, struct buf *out);

/* The members of a record; `first`: nothing is before them in its object. */
void otlp_write_members(const struct doc *d, size_t at, bool first, struct buf *out);

/* ,"name":value, or nothing if `at` is 0. */
void otlp_write_copy(const struct doc *d, size_t at, struct span name, struct buf *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exposition_read.h - the samples with one label or none of a page in Prometheus' text format, as
 * codec/exposition.h writes it.
 *
 *     while (exposition_next(&page, &sample)) ... sample.name, sample.label, sample.value ...
 *
 * Comments, samples with more labels, label values with escapes, and numbers that are
 * not plain decimals below 10^15 are skipped. Threads: no state.
 */
#ifndef CODEC_EXPOSITION_READ_H
#define CODEC_EXPOSITION_READ_H

#include "base/span.h"

struct exposition_sample {
    struct span name;    /* "up_total" */
    struct span label;   /* "queue"; "": the sample has none */
    struct span of;      /* the label's value: "main" */
    int64_t thousandths; /* of the value; further digits are cut off */
};

/* Take samples from the beginning of *page until one is found. False: there are no more. */
MUST_USE bool exposition_next(struct span *page, struct exposition_sample *out);

#endif

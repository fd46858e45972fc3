/* SPDX-License-Identifier: Apache-2.0 */
/*
 * customers_inner.h - what the files of the customers share: customers.c (who they are) and
 * customers_share.c (how much of theirs may be on its way). Nobody else includes it.
 */
#ifndef FLOW_CUSTOMERS_INNER_H
#define FLOW_CUSTOMERS_INNER_H

#include "flow/customers.h"

#include <stdatomic.h>

struct customers {
    struct customers_parts parts;
    struct customer *list;
    size_t count;
    struct customer **of_queue; /* first customer by queue */
    struct routes *routes;
    struct template *key;
    atomic_uint_fast64_t paid; /* acknowledgements of all */
    atomic_bool stopped;
    bool own_told; /* of the worker's own credentials; customers_watch's */
};

#endif

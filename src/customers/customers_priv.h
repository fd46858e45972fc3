/* SPDX-License-Identifier: Apache-2.0 */
/*
 * customers_priv.h - what the files of the customers share: customers.c (who they are) and
 * share.c (how much of theirs may be on its way). Nobody else includes it.
 */
#ifndef CUSTOMERS_CUSTOMERS_PRIV_H
#define CUSTOMERS_CUSTOMERS_PRIV_H

#include "customers/customers.h"

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

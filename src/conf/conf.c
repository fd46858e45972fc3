/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/conf.h"

const struct customer_conf *conf_customer(const struct conf *c, struct span id)
{
    for (size_t i = 0; i < c->customer_count; i++) {
        if (span_eq(span_str(c->customers[i].id), id)) {
            return &c->customers[i];
        }
    }
    return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify_run.h - makes the checks of verify/verify.h for customers of a configuration, with clients
 * as the worker's, prints the reports, and stores the proofs (customers/proof.h).
 */
#ifndef APP_VERIFY_RUN_H
#define APP_VERIFY_RUN_H

#include "app/verify_print.h"

struct verify_wish {
    struct verify_style style;
    const char *worker; /* HOST:PORT of the running worker's metrics; NULL: of the configuration */
    const char *canary; /* a key, for the first customer; NULL: none */
    int wait_s;         /* for the canary */
    struct buf *keep;   /* gets the reports; NULL: standard output does */
    const struct verify_check *denied; /* set: the first check that AWS denied; NULL: none */
};

/* 0: no check failed. 1: one did, or a proof could not be stored. */
int verify_run(const struct conf *conf, const struct customer_conf *const *list, size_t count,
               struct verify_wish *w);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proof.h - the stored proof that what must be denied for a customer was denied: a small file
 * DIR/ID.proof, which `verify` writes and the worker reads (verify.require_verified).
 *
 *     struct proof p = {.proved_ms = clock_wall_ms(&clock_system)};
 *     if (proof_write(dir, customer, &p, &e) != FAIL_NONE) ...
 *     enum proof_state state = proof_read(dir, customer, oldest_ms, &p);
 *
 * A proof is of one role, external id, bucket, prefix, access point and region. With another value
 * of one of these it does not count. A file is replaced as a whole, never changed in place.
 *
 * Threads: any.
 */
#ifndef CUSTOMERS_PROOF_H
#define CUSTOMERS_PROOF_H

#include "conf/conf.h"

struct proof {
    int64_t proved_ms;  /* wall clock, when all of it was proved; 0: never */
    char disproved[32]; /* the check of which the opposite was found since; "": none */
};

enum proof_state {
    PROOF_VALID,
    PROOF_NONE,       /* no file */
    PROOF_OLD,        /* proved before oldest_ms */
    PROOF_OTHER,      /* of other settings */
    PROOF_DISPROVED,  /* p->disproved is the check */
    PROOF_UNREADABLE, /* the file cannot be read, or is none of this form */
};

/* *out is set where the file tells; else zeroed. */
enum proof_state proof_read(const char *dir, const struct customer_conf *c, int64_t oldest_ms,
                            struct proof *out);

/* The same for the text of a file. */
enum proof_state proof_parse(struct span text, const struct customer_conf *c, int64_t oldest_ms,
                             struct proof *out);

/* Replace the file. FAIL_CONFIG: it cannot be written, with the reason. */
MUST_USE enum err_kind proof_write(const char *dir, const struct customer_conf *c,
                                   const struct proof *p, struct err *e);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* keys_priv.h - the sources of keys. Shared by the files of jobs/keys. */
#ifndef JOBS_KEYS_PRIV_H
#define JOBS_KEYS_PRIV_H

#include "codec/inventory.h"
#include "jobs/keys.h"

/* S3 Inventory: its files, one after another. */
struct inventory_files;

struct inventory_files *inventory_files_open(const char *manifest, struct span bucket,
                                             struct err *e);
void inventory_files_free(struct inventory_files *f);
bool inventory_files_next(struct inventory_files *f, struct s3_entry *out, struct err *e);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "net/s3_regions.h"

#include "base/alloc.h"
#include "base/err.h"
#include "base/lock.h"

#include <pthread.h>
#include <stdlib.h>

struct entry {
    char bucket[S3_BUCKET_BYTES];
    char region[S3_REGION_BYTES];
};

struct s3_regions {
    struct {
        pthread_mutex_t lock;
        struct entry entries[S3_REGIONS_COUNT];
        size_t count, next;
    } shared;
};

struct s3_regions *s3_regions_new(void)
{
    struct s3_regions *r = mem_zeros(1, sizeof(*r));
    mutex_init(&r->shared.lock);
    return r;
}

void s3_regions_free(struct s3_regions *r)
{
    if (r == NULL) {
        return;
    }
    mutex_done(&r->shared.lock);
    free(r);
}

static struct entry *find_locked(struct s3_regions *r, struct span bucket)
{
    for (size_t i = 0; i < r->shared.count; i++) {
        if (span_eq(span_str(r->shared.entries[i].bucket), bucket)) {
            return &r->shared.entries[i];
        }
    }
    return NULL;
}

bool s3_regions_find(struct s3_regions *r, struct span bucket, char out[S3_REGION_BYTES])
{
    out[0] = '\0';
    mutex_lock(&r->shared.lock);
    const struct entry *found = find_locked(r, bucket);
    if (found != NULL) {
        memcpy(out, found->region, S3_REGION_BYTES);
    }
    mutex_unlock(&r->shared.lock);
    return found != NULL;
}

void s3_regions_set(struct s3_regions *r, struct span bucket, const char *region)
{
    mutex_lock(&r->shared.lock);
    struct entry *at = find_locked(r, bucket);
    if (at == NULL) {
        at = &r->shared.entries[r->shared.next];
        r->shared.next = (r->shared.next + 1) % S3_REGIONS_COUNT;
        r->shared.count += r->shared.count < S3_REGIONS_COUNT ? 1 : 0;
        err_copy(at->bucket, sizeof(at->bucket), bucket);
    }
    err_copy(at->region, sizeof(at->region), span_str(region));
    mutex_unlock(&r->shared.lock);
}

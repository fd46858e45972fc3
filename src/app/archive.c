/* SPDX-License-Identifier: Apache-2.0 */
#include "app/archive.h"

#include <inttypes.h>
#include <isa-l/igzip_lib.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK = 512, EXTRA_BYTES = 64 * 1024 };

/* IEEE 1003.1, pax, "ustar Interchange Format". */
struct header {
    char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type;
    char link[100], magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155];
    char padding[12];
};

_Static_assert(sizeof(struct header) == BLOCK, "a block");

static void add_header(struct archive *a, const char *name, size_t size, int64_t time_s)
{
    struct header h;
    unsigned sum = 0;
    memset(&h, 0, sizeof(h));
    (void)snprintf(h.name, sizeof(h.name), "%s/%s", a->folder, name);
    (void)snprintf(h.mode, sizeof(h.mode), "%07o", 0600U);
    (void)snprintf(h.uid, sizeof(h.uid), "%07o", 0U);
    (void)snprintf(h.gid, sizeof(h.gid), "%07o", 0U);
    (void)snprintf(h.size, sizeof(h.size), "%011zo", size);
    (void)snprintf(h.mtime, sizeof(h.mtime), "%011" PRIo64, (uint64_t)time_s);
    memset(h.checksum, ' ', sizeof(h.checksum));
    h.type = '0';
    memcpy(h.magic, "ustar", sizeof(h.magic));
    memcpy(h.version, "00", sizeof(h.version));
    for (size_t i = 0; i < sizeof(h); i++) {
        sum += ((const unsigned char *)&h)[i];
    }
    (void)snprintf(h.checksum, sizeof(h.checksum), "%06o", sum);
    buf_add(&a->tar, span_of((const char *)&h, sizeof(h)));
}

static void add_file(struct archive *a, const char *name, struct span text, int64_t time_s)
{
    static const char zeros[BLOCK];
    add_header(a, name, text.n, time_s);
    buf_add(&a->tar, text);
    buf_add(&a->tar, span_of(zeros, (BLOCK - text.n % BLOCK) % BLOCK));
}

void archive_add(struct archive *a, const char *name, struct span text, int64_t time_s)
{
    unsigned char sum[SHA256_DIGEST_LENGTH];
    (void)SHA256((const unsigned char *)(text.n != 0 ? text.p : ""), text.n, sum);
    for (size_t i = 0; i < sizeof(sum); i++) {
        buf_addf(&a->manifest, "%02x", sum[i]);
    }
    buf_addf(&a->manifest, "  %s\n", name);
    add_file(a, name, text, time_s);
}

bool archive_end(struct archive *a, int64_t time_s, struct buf *gz)
{
    static const char zeros[2 * BLOCK];
    struct isal_zstream z;
    add_file(a, "MANIFEST", buf_span(&a->manifest), time_s);
    buf_add(&a->tar, span_of(zeros, sizeof(zeros)));
    size_t room = a->tar.n + a->tar.n / 100 + EXTRA_BYTES; /* what does not shrink is stored */
    char *out = a->tar.overflowed || room > UINT32_MAX ? NULL : buf_room(gz, room);
    if (out == NULL) {
        return false;
    }
    isal_deflate_stateless_init(&z);
    z.gzip_flag = IGZIP_GZIP;
    z.next_in = (uint8_t *)a->tar.p;
    z.avail_in = (uint32_t)a->tar.n;
    z.next_out = (uint8_t *)out;
    z.avail_out = (uint32_t)room;
    z.end_of_stream = 1;
    if (isal_deflate_stateless(&z) != COMP_OK) {
        return false;
    }
    gz->n += z.total_out;
    return true;
}

void archive_done(struct archive *a)
{
    buf_done(&a->tar);
    buf_done(&a->manifest);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * folder.h - folder markers: empty objects that consoles and file systems on S3 write for a folder,
 * `logs/` or Hadoop's `logs_$folder$`. They have no events and are skipped.
 *
 *     if (folder_named(record->key) && record->size == 0) ... skip ...
 *     struct customer *c = customers_find(all, queue, bucket, folder_inside(key, room), form);
 *
 * The notifications of some stores omit the size of an empty object (MinIO). Then only the store
 * knows whether an object with such a name is empty.
 *
 * Pure. Threads: any.
 */
#ifndef FLOW_FOLDER_H
#define FLOW_FOLDER_H

#include "base/own.h"
#include "codec/notification.h"

/* Whether the key has the form of a folder marker's. */
MUST_USE bool folder_named(struct span key);

struct folder_room {
    char bytes[NOTIFICATION_KEY_BYTES + 2];
};

/*
 * A key inside the folder of such a marker, to find its customer: the marker of a prefix belongs to
 * the prefix's customer, although it is not below the prefix. Valid as long as *room.
 */
struct span folder_inside(struct span key, struct folder_room *room);

#endif

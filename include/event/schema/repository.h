/* SPDX-License-Identifier: Apache-2.0 */
/*
 * repository.h - the name in a text that denotes a repository, and credentials in it
 * (event-schema.md §2.5, normalization.md §9).
 *
 *     https://user:token@Host/Owner/Name.git   ->  host/owner/name, user info at [8, 19)
 *     git@host:owner/name.git                  ->  host/owner/name (scp form; `git@` is kept)
 *     owner/name                               ->  owner/name
 *     /home/x/app, C:\x, file:///x             ->  nothing
 */
#ifndef EVENT_SCHEMA_REPOSITORY_H
#define EVENT_SCHEMA_REPOSITORY_H

#include "base/buf.h"

enum {
    REPOSITORY_MAX_BYTES = 2048, /* longer texts name no repository */
    REPOSITORY_ROWS = 32,
    REPOSITORY_ROW_BYTES = 64,
};

/*
 * The user info of a URL with its '@', as a part of text: the bytes to leave out. Empty if there is
 * none. The login name of an scp form, git@host:path, is not a secret and is not user info.
 */
MUST_USE struct span repository_userinfo(struct span text);

/*
 * Append ingest.repository: lower case, without `.git`, for URL, scp and owner/name forms.
 * False: none of these; *out is unchanged.
 */
bool repository_name(struct span text, struct buf *out);

/* The names for the last texts: a file repeats the same repositories. */
struct repository_cache {
    struct repository_row {
        uint8_t text_n; /* 0: free */
        uint8_t name_n;
        char text[REPOSITORY_ROW_BYTES];
        char name[REPOSITORY_ROW_BYTES];
    } rows[REPOSITORY_ROWS];
    struct buf name; /* of the last text that was not in rows */
};

void repository_cache_init(struct repository_cache *c);
void repository_cache_done(struct repository_cache *c);

/* As repository_name, empty if there is none. Valid until the next call. */
struct span repository_recall(struct repository_cache *c, struct span text);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile.h - the INI files of AWS: ~/.aws/config and ~/.aws/credentials (research/aws.md §5.3).
 *
 *     OWNED(profile_file) struct profile_file *f = profile_read(text, PROFILE_CONFIG, &e);
 *     struct span role = profile_value(f, SPAN("cust42"), "role_arn");     "" if there is none
 *
 * Read as the SDKs do: names of keys in any case, the last of equal keys counts, sections of
 * one name are one, comments begin a line with '#' or ';' or follow a value after a blank,
 * indented lines belong to the key above and are passed over. In the config file profiles are
 * "[default]" or "[profile NAME]" ("[profile default]" wins), all other sections are not ours.
 *
 * Ownership: a file owns its text and wipes it in the end. Threads: read-only once read.
 */
#ifndef CODEC_PROFILE_H
#define CODEC_PROFILE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/own.h"

enum profile_kind { PROFILE_CONFIG, PROFILE_CREDENTIALS };

enum {
    PROFILE_FILE_BYTES = 1024 * 1024,
    PROFILE_WORDS = 64, /* of a command */
};

struct profile_file;

/* NULL: FAIL_CONFIG with the number of the line that cannot be read. Never its content. */
MUST_USE struct profile_file *profile_read(struct span text, enum profile_kind kind, struct err *e);
void profile_file_free(struct profile_file *f);
DEFINE_OWNED(profile_file);

/* f may be NULL (no such file) in both. */
bool profile_exists(const struct profile_file *f, struct span name);
struct span profile_value(const struct profile_file *f, struct span name, const char *key);

/*
 * A command in words as a shell would split it, without running one: blanks separate, '...' is
 * literal, "..." and a backslash quote. The words go to *out one after another, each with its
 * NUL. 0 and FAIL_CONFIG: none, too many, or a quote that does not end.
 */
MUST_USE size_t profile_split_command(struct buf *out, struct span command, struct err *e);

#endif

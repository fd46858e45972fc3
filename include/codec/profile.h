/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile.h - the INI files of AWS: ~/.aws/config and ~/.aws/credentials (research/aws.md §5.3).
 *
 *     OWNED(profile_file) struct profile_file *f = profile_read(text, PROFILE_CONFIG, &e);
 *     struct span role = profile_value(f, SPAN("cust42"), "role_arn");     "" if absent
 *
 * Read as the SDKs read them: key names in any case; of equal keys the last counts; sections of the
 * same name are merged; a comment is a line that begins with '#' or ';', or follows a value after a
 * blank; indented lines belong to the key above and are ignored. In the config file a profile is
 * "[default]" or "[profile NAME]" ("[profile default]" has priority over "[default]"), and all
 * other sections are ignored.
 *
 * Ownership: a file owns its text and wipes it when it is freed. Threads: read-only after
 * profile_read.
 */
#ifndef CODEC_PROFILE_H
#define CODEC_PROFILE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/own.h"

enum profile_kind { PROFILE_CONFIG, PROFILE_CREDENTIALS };

enum {
    PROFILE_FILE_BYTES = 1024 * 1024,
    PROFILE_WORDS = 64, /* maximum number of words of a command */
};

struct profile_file;

/*
 * Parse a file. NULL and FAIL_CONFIG: a line cannot be read. The error has its number and never its
 * content.
 */
MUST_USE struct profile_file *profile_read(struct span text, enum profile_kind kind, struct err *e);
void profile_file_free(struct profile_file *f);
DEFINE_OWNED(profile_file);

/* In both functions f may be NULL: there is no such file. */
bool profile_exists(const struct profile_file *f, struct span name);
struct span profile_value(const struct profile_file *f, struct span name, const char *key);

/*
 * Split a command into words as a shell does, without a shell: blanks separate words, '...' is
 * literal, "..." and a backslash quote. The words are appended to *out, each with a NUL. Returns
 * their number. 0 and FAIL_CONFIG: no word, more than PROFILE_WORDS, or an unterminated quote.
 */
MUST_USE size_t profile_split_command(struct buf *out, struct span command, struct err *e);

#endif

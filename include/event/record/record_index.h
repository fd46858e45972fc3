/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_index.h - the members of an object, found in one pass.
 *
 * The index has all that unwrap.h and shape.h need, says whether names may be duplicates, and has
 * the entry of each name in the path set. So no later step reads the names again.
 *
 *     record_index_names(&names);                          // once, after the paths of the tables
 *     struct record_index index;
 *     record_index_of(&names, &doc, at, &index);
 *     if (index.at[INDEX_VENDOR] != 0 && ...
 */
#ifndef EVENT_RECORD_RECORD_INDEX_H
#define EVENT_RECORD_RECORD_INDEX_H

#include "codec/json.h"
#include "event/schema/pathset.h"

/* Members that are read by name. */
enum record_index_member {
    INDEX_OTHER, /* any other */
    INDEX_VENDOR,
    INDEX_SCHEMA_VERSION,
    INDEX_EVENT,
    INDEX_HARNESS,
    INDEX_TYPE,
    INDEX_MESSAGE,
    INDEX_SOURCE_TYPE,
    INDEX_FILE,
    INDEX_LOG,
    INDEX_RAW,           /* `_raw`, of Cribl */
    INDEX_JOURNAL,       /* `MESSAGE`, of journald */
    INDEX_SNS_MESSAGE,   /* `Message`, of SNS and NXLog */
    INDEX_SHORT_MESSAGE, /* of GELF */
    INDEX_FULL_MESSAGE,
    INDEX_EVENT_ORIGINAL,
    INDEX_BODY,     /* of SQS in Lambda, and OpenTelemetry */
    INDEX_SQS_BODY, /* `Body`, of SQS */
    INDEX_TIME,
    INDEX_HOST,
    INDEX_TIMESTAMP,
    INDEX_SOURCETYPE,
    INDEX_INDEX,
    INDEX_MEMBERS
};

/* Signs of a shape (normalization.md §2): one member of several names is enough. Bits. */
enum record_index_sign {
    SIGN_OTLP = 1,      /* §2, rule 3: an array */
    SIGN_ECS = 2,       /* §2, rule 5 */
    SIGN_OTEL = 4,      /* §2, rule 6 */
    SIGN_HOOK = 8,      /* §2, rule 7: a string */
    SIGN_BESIDE = 16,   /* §2, rule 7: members beside one of opencode's types */
    SIGN_ENVELOPE = 32, /* §2, rules 2b to 2d: a member that only such an envelope has */
    SIGN_LIST = 64,     /* §2, rule 2f: an array */
    SIGN_JOURNAL = 128  /* §4, members of a shipper: a field of the system's log */
};

/* Types of values. Bits. */
enum record_index_kind {
    KIND_OBJECT = 1,
    KIND_ARRAY = 2,
    KIND_STRING = 4,
    KIND_SCALAR = 8, /* number, true or false */
    KIND_NULL = 16
};

enum { INDEX_ROWS = 96 };

struct record_index_row {
    uint32_t at;   /* the value; its name is before it */
    int32_t entry; /* of the name in the path set; WORD_NONE: no path begins with it */
};

struct record_index {
    uint32_t at[INDEX_MEMBERS]; /* the value, 0 if there is none; the last one of duplicates */
    uint32_t count;             /* of members; INDEX_ROWS of them have a row */
    unsigned signs;
    bool twice;    /* there may be duplicate names */
    uint8_t kinds; /* types of its values, bits of record_index_kind */
    struct record_index_row rows[INDEX_ROWS];
};

/* Note in a path set what names of members mean for an index. */
void record_index_names(struct pathset *names);

/* Index the object at `at`. Names that the set does not have are learned. */
void record_index_of(struct pathset *names, const struct doc *d, size_t at,
                     struct record_index *index);

#endif

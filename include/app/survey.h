/* SPDX-License-Identifier: Apache-2.0 */
/*
 * survey.h - statistics of an event file: how many lines become events, which fields of the
 * contract are present and from which members, and where texts look like secrets (onboarding.md
 * §5).
 *
 *     while (records_next(r, &record)) {
 *         survey_add(s, &record, records_piece(r));
 *     }
 *
 * Of a secret it stores line, member and kind, never the value. Threads: one at a time.
 */
#ifndef APP_SURVEY_H
#define APP_SURVEY_H

#include "base/buf.h"
#include "event/normalize.h"
#include "event/record/event_facts.h"
#include "event/record/shape.h"

enum contract {
    CONTRACT_TIME,
    CONTRACT_USER,
    CONTRACT_HOST,
    CONTRACT_REPOSITORY,
    CONTRACT_BRANCH,
    CONTRACT_RUNTIME,
    CONTRACT_ACTION,
    CONTRACT_CATEGORY,
    CONTRACTS
};

/* "timestamp", "user", ... Never NULL. */
const char *contract_name(enum contract c);

enum {
    SURVEY_SOURCES = 8,  /* maximum of members counted separately for one field */
    SURVEY_SECRETS = 20, /* maximum of places that are listed */
    SURVEY_MEMBER_BYTES = 160,
    SURVEY_EXAMPLE_BYTES = 8192, /* maximum of an example */
    SURVEY_WORDS_BYTES = 1024,
};

/* A member that a field was taken from, or the rule that derived it. */
struct survey_source {
    char member[SURVEY_MEMBER_BYTES];
    uint64_t count;
};

struct survey_field {
    uint64_t present; /* number of events that have it */
    struct survey_source sources[SURVEY_SOURCES];
    size_t source_count;
};

struct survey_secret {
    uint64_t line;
    char member[SURVEY_MEMBER_BYTES]; /* "" if the line is not JSON */
    const char *kind;
};

struct survey_reject {
    uint64_t count;
    uint64_t line; /* of the first */
    char detail[160];
};

/* The records that are skipped. */
#define SURVEY_SKIPPED "control messages of CloudWatch Logs, OTLP requests without records"

struct survey {
    uint64_t records, events, passed_through;
    uint64_t shapes[SHAPES];
    struct survey_reject rejects[REJECT_REASONS];
    struct survey_field fields[CONTRACTS];
    struct survey_secret secrets[SURVEY_SECRETS];
    uint64_t secret_count;      /* including those not listed */
    uint64_t texts_replaced;    /* number of events of which invalid UTF-8 became U+FFFD */
    uint64_t names_duplicate;   /* ... of a record with a name twice in an object */
    uint64_t skipped;           /* number of records that hold nothing */
    uint64_t members_dropped;   /* ... from an envelope with members beside the record */
    uint64_t times_from_object; /* number of events without a usable time, which got the file's */
    uint64_t unread_line;       /* the first line with an unreadable time; 0: none */
    char unread[TIME_UNREAD_BYTES + 1]; /* the value in its place, truncated */
    uint64_t example_line;              /* 0: none yet */
    struct buf before, after;           /* the example: a line without secrets */

    char unreadable[sizeof(((struct err *)0)->text)]; /* why it is not read; "": it is read */
    char unread_words[SURVEY_WORDS_BYTES];            /* what is not read of it; "": nothing */
    uint64_t unread_bytes;                            /* ... after damaged JSON */
    char left_out_words[SURVEY_WORDS_BYTES]; /* why the worker does not read it; "": it does */
    bool left_out;                           /* it is known */
    bool left; /* the worker leaves its notification for the dead-letter queue */

    uint64_t searched; /* offset + 1 of the last piece that was searched for secrets */
    bool clean;        /* that piece has none */
    struct json_reader *reader;
    struct builder *builder;
    const struct object_origin *origin;
    const struct rules *rules;
};

/*
 * *origin, and the customer's rules (NULL: none), are borrowed as long as the survey. Never NULL.
 */
struct survey *survey_new(const struct object_origin *origin, const struct rules *rules);
void survey_free(struct survey *s);
DEFINE_OWNED(survey);

void survey_add(struct survey *s, const struct output *record, const struct piece *piece);

/*
 * How the file ended: *e of records_error, and the words of records_unread. accepts: the customer
 * accepts unreadable objects.
 */
void survey_end(struct survey *s, const struct err *e, struct span unread, bool accepts);

uint64_t survey_rejects(const struct survey *s);

/* Whether there is nothing to read in the file. The worker takes such an object as done. */
bool survey_is_empty(const struct survey *s);

/* What becomes of the file. */
enum survey_verdict {
    SURVEY_ACCEPTED, /* or is empty */
    SURVEY_IN_PART,  /* the worker is done with it, but a part is not read, or more is rejected than
                        becomes events */
    SURVEY_LEFT,     /* the worker leaves its notification for the dead-letter queue */
};

enum survey_verdict survey_verdict(const struct survey *s);

/* Why it is not SURVEY_ACCEPTED, for people; else NULL. */
const char *survey_refusal(const struct survey *s);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* outage_priv.h - the texts of outages (outage_text.c), for their lines (outage.c). */
#ifndef BASE_OUTAGE_PRIV_H
#define BASE_OUTAGE_PRIV_H

#include "base/outage.h"

enum { OUTAGE_NEXT_BYTES = 512 };

struct outage_words {
    const char *silent;  /* there is no response */
    const char *denied;  /* access is denied */
    const char *failing; /* responses are errors */
    const char *over;    /* the end */
    const char *once;    /* one failure only; NULL: already an outage */
    enum log_level level;
};
extern const struct outage_words outage_words[OUTAGE_PARTIES];

/* Keys of the number of failures: what is counted. Failed renewals are seen as a state. */
extern const char *const outage_failure_keys[OUTAGE_PARTIES];

extern const char *const outage_call_names[OUTAGE_CALLS];

/* What becomes of messages of a queue that did not exist, and what to do. */
extern const char outage_held_gone[], outage_held_done[], outage_held_not_done[];

/* The text of an outage with this cause, and of the line that ends it. */
const char *outage_word(enum outage_party party, const struct err *cause);
const char *outage_over_word(enum outage_party party, const struct err *cause);

/* The cause is that the queue does not exist. */
bool outage_is_gone(enum outage_party party, const struct err *cause);

/* What happens next (`next`, of the failure), and what to do. The result may be in `out`. */
const char *outage_next(enum outage_party party, const struct err *cause, const char *next,
                        char out[OUTAGE_NEXT_BYTES]);

#endif

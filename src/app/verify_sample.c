/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The survey of `sample` (app/survey.h) in one line. The bytes are read through a file in memory,
 * since app/records.h reads files.
 */
#include "app/verify_sample.h"

#include "app/customer.h"
#include "app/survey.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FORMAT_BYTES = 512 };

/* A file in memory with these bytes, at its beginning. -1: there is none. */
static int memory_file(struct span bytes)
{
    int fd = memfd_create("object", MFD_CLOEXEC);
    if (fd >= 0 && (pwrite(fd, bytes.p, bytes.n, 0) != (ssize_t)bytes.n)) {
        (void)close(fd);
        fd = -1;
    }
    return fd;
}

static void survey_file(struct survey *s, struct records *r, int fd, const struct verify_sample *in)
{
    struct output record;
    records_open(r, fd, s->origin, s->rules);
    if (in->cut) {
        records_cut(r);
    }
    while (records_next(r, &record)) {
        survey_add(s, &record, records_piece(r));
    }
    struct buf unread = BUF_INIT(SURVEY_WORDS_BYTES);
    records_unread(r, &unread);
    survey_end(s, records_error(r), buf_span(&unread), in->customer->unreadable == ABSENT_ACCEPT);
    buf_done(&unread);
}

static void put_survey(const struct survey *s, const struct records *r, bool cut, struct buf *out)
{
    buf_addf(out, "%" PRIu64 " events, %" PRIu64 " rejects%s; ", s->events, survey_rejects(s),
             cut ? " before the rest" : "");
    records_format(r, out);
    buf_addf(out, ", %s", framing_name(records_framing(r)));
    for (int i = 0; i < CONTRACTS && s->events > 0; i++) {
        buf_addf(out, "%s%s %u %%", i == 0 ? "; " : ", ", contract_name((enum contract)i),
                 (unsigned)(s->fields[i].present * 100 / s->events));
    }
    if (s->secret_count > 0) {
        buf_addf(out, "; %" PRIu64 " values look like secrets", s->secret_count);
    }
}

static enum verify_state judge_survey(const struct survey *s, const struct records *r,
                                      const struct verify_sample *in, struct buf *out)
{
    const char *refusal = survey_refusal(s);
    if (survey_is_empty(s)) {
        if (in->cut) {
            buf_addf(out, "not proved: it has no whole event in its first %zu bytes", in->bytes.n);
        } else {
            buf_addf(out, "not proved: it is empty, and done without an event");
        }
        return VERIFY_WARN;
    }
    if (refusal != NULL) {
        buf_addf(out, "%s: ", refusal);
    }
    put_survey(s, r, in->cut, out);
    if (refusal != NULL) {
        return VERIFY_FAIL;
    }
    return s->secret_count > 0 && !in->customer->redact_secrets ? VERIFY_WARN : VERIFY_OK;
}

enum verify_state verify_sample(const struct verify_sample *in, char found[VERIFY_FOUND_BYTES])
{
    struct records_options o = records_defaults();
    struct object_origin origin = {.customer = span_str(in->customer->id),
                                   .object = in->object,
                                   .modified_ns = in->modified_ns};
    struct buf out = BUF_INIT(FORMAT_BYTES);
    int fd = memory_file(in->bytes);
    if (fd < 0) {
        (void)snprintf(found, VERIFY_FOUND_BYTES, "not proved: no memory file can be made");
        return VERIFY_WARN;
    }
    customer_limits(in->conf, in->customer, &o);
    OWNED(records) struct records *r = records_new(&o);
    OWNED(survey) struct survey *s = survey_new(&origin, in->customer->rules);
    survey_file(s, r, fd, in);
    enum verify_state state = judge_survey(s, r, in, &out);
    err_copy(found, VERIFY_FOUND_BYTES, buf_span(&out));
    buf_done(&out);
    (void)close(fd);
    return state;
}

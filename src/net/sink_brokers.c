/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink_brokers.c - brokers that could not be connected to, until they acknowledge a record.
 * librdkafka reports each failed connection, but not that a later one succeeded; an acknowledged
 * record names its broker. Bootstrap addresses have no id and are not kept.
 */
#include "net/sink_brokers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CUT " ..."

void sink_error_text(const char *text, char *out, size_t cap)
{
    const char *guess = strstr(text, ": probably due to ");
    const char *rest = guess != NULL ? strstr(guess, " (after ") : NULL;
    int before = guess != NULL ? (int)(guess - text) : (int)strlen(text);
    int n = snprintf(out, cap, "%.*s%s", before, text, rest != NULL ? rest : "");
    if (n >= 0 && (size_t)n >= cap && cap > sizeof(CUT)) {
        out[cap - sizeof(CUT) + 1] = '\0';
        char *word = strrchr(out, ' ');
        memcpy(word != NULL ? word : out + strlen(out) - 1, CUT, sizeof(CUT));
    }
}

bool sink_brokers_parse(const char *text, struct sink_broker *out)
{
    const char *scheme = strstr(text, "://");
    const char *slash = strchr(scheme != NULL ? scheme + 3 : text, '/');
    if (slash == NULL || slash[1] < '0' || slash[1] > '9') {
        return false;
    }
    char *end = NULL;
    long id = strtol(slash + 1, &end, 10);
    if (*end != ':' || id > INT32_MAX) {
        return false;
    }
    out->id = (int32_t)id;
    err_copy(out->name, sizeof(out->name), span_of(text, (size_t)(slash - text)));
    return true;
}

static struct sink_broker *find(struct sink_brokers *b, int32_t id)
{
    for (unsigned i = 0; i < b->count; i++) {
        if (b->list[i].id == id) {
            return &b->list[i];
        }
    }
    return NULL;
}

bool sink_brokers_down(struct sink_brokers *b, const struct sink_broker *broker)
{
    struct sink_broker *known = find(b, broker->id);
    if (known != NULL) {
        known->failed_ms = broker->failed_ms;
    }
    if (known != NULL || b->count == SINK_BROKERS) {
        return false;
    }
    b->list[b->count++] = *broker;
    return true;
}

bool sink_brokers_up(struct sink_brokers *b, int32_t id, struct sink_broker *out)
{
    struct sink_broker *broker = find(b, id);
    if (broker == NULL) {
        return false;
    }
    *out = *broker;
    *broker = b->list[--b->count];
    return true;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

bool sink_contact_asks(struct sink_contact *c, bool pending, int64_t now_ms)
{
    if (!pending || c->report_ms == 0) {
        c->report_ms = now_ms;
    }
    return c->doubt_ms != 0 || now_ms - c->report_ms > SINK_QUIET_MS;
}

void sink_contact_doubted(struct sink_contact *c, int64_t now_ms)
{
    if (c->doubt_ms == 0) {
        c->doubt_ms = now_ms;
    }
}

void sink_contact_answered(struct sink_contact *c, int64_t now_ms)
{
    c->answered_ms = now_ms;
    c->doubt_ms = 0;
    c->unanswered = 0;
}

int64_t sink_contact_unanswered(struct sink_contact *c, int64_t now_ms)
{
    int64_t heard_ms = later(c->report_ms, c->answered_ms);
    if (++c->unanswered < SINK_UNANSWERED) {
        return 0;
    }
    return now_ms - heard_ms > SINK_QUIET_MS ? heard_ms : c->doubt_ms;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The last statistics of librdkafka, which a person in need asks for: nothing reads them here. */
#include "base/lock.h"
#include "sink_priv.h"

#include <string.h>

void sink_statistics_init(struct sink *s)
{
    mutex_init(&s->statistics.lock);
    s->statistics.text = (struct buf)BUF_INIT(SINK_STATISTICS_BYTES);
}

void sink_statistics_done(struct sink *s)
{
    buf_done(&s->statistics.text);
    mutex_done(&s->statistics.lock);
}

void sink_statistics_keep(struct sink *s, const char *json)
{
    struct buf *text = &s->statistics.text;
    size_t n = strlen(json);
    mutex_lock(&s->statistics.lock);
    buf_clear(text);
    if (n <= SINK_STATISTICS_BYTES) {
        buf_add(text, span_of(json, n));
    } else {
        buf_addf(text, "{\"omitted_bytes\":%zu}", n);
    }
    mutex_unlock(&s->statistics.lock);
}

bool sink_statistics(struct sink *s, struct buf *out)
{
    mutex_lock(&s->statistics.lock);
    bool known = s->statistics.text.n != 0;
    buf_add(out, buf_span(&s->statistics.text));
    mutex_unlock(&s->statistics.lock);
    return known;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory.c - the numbers are the limits of the structures where these have one, and measured for
 * libraries.
 */
#include "conf/memory.h"

#include "codec/decode.h"
#include "codec/framing.h"
#include "codec/notification.h"
#include "codec/sqs_json.h"
#include "conf/sizes.h"
#include "event/output_batch.h"
#include "event/reading.h"
#include "event/record/long_lines.h"

enum {
    KIB = 1024,
    CONNECTION_BYTES = 192 * KIB, /* curl's handle, its 16 KiB buffer, TLS, credentials, stack */
    FRAMING_HEADS = 2,            /* of a list, of an OTLP request */
    CARRY_BYTES = 256 * KIB,      /* twice a text and a short line; buffers grow by doubling */
    KEPT_BYTES = 192 * KIB,       /* an output up to 64 KiB that waits for Kafka, and its key */
    HELD_BYTES = 3072,            /* handle, id, lease; the object's name, version and offsets */
    POLL_BYTES = 96 * KIB,        /* a long poll: a connection and a response of usual size */
    RECEIVE_COPIES = 3,           /* of a large response: its text, its strings, the messages */
    BASE_BYTES = 24 * 1024 * KIB, /* program, OpenSSL, librdkafka's threads and buffers */
    CUSTOMER_BYTES = 24 * KIB,    /* credentials, topics, counters */
    LARGE_OBJECTS = 4,            /* one customer gets a half */
    LANES_PER_LARGE = 16,         /* one more for so many lanes */
    SLOTS_PER_LANE = 4,           /* two shared slots, the lane, what it put back */
    OPS_BYTES = OPS_QUEUE_BYTES / 10 * 16 + 2048 * KIB, /* and another producer */
    RECONCILE_BYTES = 24 * 1024 * KIB, /* a consumer with what it reads ahead, a page of a list */
    PAGES = 4, /* of the monitor: two of the longest, in half-used buffers */
};

size_t memory_page_bytes(const struct conf *conf)
{
    return PAGE_FIXED_BYTES + (conf->customer_count + 1) * PAGE_CUSTOMER_BYTES +
           conf->queue_count * PAGE_QUEUE_BYTES + (size_t)conf->limits.lanes * PAGE_THREAD_BYTES;
}

static size_t monitor_bytes(const struct conf *conf)
{
    size_t listeners = 1 + (conf->control.socket != NULL);
    return (conf->control.socket != NULL ? TAPS_BYTES : 0) +
           listeners * PAGES * memory_page_bytes(conf) +
           conf->customer_count * (SNAPSHOT_CUSTOMER_BYTES + HISTORY_CUSTOMER_BYTES) +
           conf->queue_count * SNAPSHOT_QUEUE_BYTES;
}

size_t memory_large_objects(const struct conf *conf)
{
    return LARGE_OBJECTS + (size_t)conf->limits.lanes / LANES_PER_LARGE;
}

size_t memory_rooms(const struct conf *conf)
{
    size_t lanes = (size_t)conf->limits.lanes;
    return lanes > INBOX_ROOMS_MIN ? lanes : INBOX_ROOMS_MIN;
}

/*
 * Messages that wait or are at work. Large bodies have rooms. A class may have a first small one
 * above INBOX_BYTES: in its queue's slot or a shared one, or at work.
 */
static size_t bodies_bytes(const struct conf *conf)
{
    size_t small = conf->queue_count + SLOTS_PER_LANE * memory_rooms(conf);
    return INBOX_BYTES + small * INBOX_SMALL_BYTES + memory_rooms(conf) * NOTIFICATION_MAX_BYTES;
}

static size_t lane_bytes(void)
{
    return (size_t)CONNECTION_BYTES + decode_bytes_without_windows() + CARRY_BYTES +
           FRAMING_HEADS * FRAMING_LIST_HEAD_BYTES + READING_HELD_BYTES + KEPT_BYTES +
           normalizer_bytes() + normalizer_copies_bytes(SHORT_LINE_BYTES);
}

/* What a lane with a large object has in addition. */
static size_t large_bytes(const struct conf *conf, size_t event_bytes)
{
    size_t line = conf->limits.line_bytes;
    size_t windows = decode_bytes_max(
        &(struct decode_limits){.zstd_window_bytes = conf->limits.zstd_window_bytes});
    size_t composed = line + FRAMING_REQUEST_BYTES; /* of an OTLP request that is divided */
    return windows - decode_bytes_without_windows() + line + composed +
           normalizer_copies_bytes(line) + output_batch_max_bytes(event_bytes);
}

void memory_plan(const struct conf *conf, struct memory_plan *out)
{
    size_t line = conf->limits.line_bytes;
    size_t output = conf->limits.event_bytes != 0 ? conf->limits.event_bytes : 1024 * KIB;
    size_t readers = (size_t)READERS * READER_BYTES_PER_BYTE;
    size_t core_bytes = readers * SHORT_LINE_BYTES + converter_bytes(SHORT_LINE_BYTES, output);
    bool may_be_long = line > SHORT_LINE_BYTES;

    *out = (struct memory_plan){
        .lane_bytes = lane_bytes(),
        .cores_bytes = (size_t)conf->limits.cores * core_bytes,
        .large_bytes = memory_large_objects(conf) * large_bytes(conf, output),
        .long_bytes = may_be_long ? readers * line + converter_bytes(line, output) : 0,
        .inbox_bytes = bodies_bytes(conf) + (size_t)MESSAGES_HELD_MAX * HELD_BYTES +
                       (conf->queue_count + SEARCHES_MAX) * POLL_BYTES +
                       (size_t)RECEIVE_COPIES * SQS_ANSWER_BYTES,
        .kafka_bytes = conf->kafka.queue_bytes / 10 * 16,
        .base_bytes = (size_t)BASE_BYTES + conf->customer_count * CUSTOMER_BYTES,
    };
    out->base_bytes += conf->metrics.listen != NULL ? monitor_bytes(conf) : 0;
    out->base_bytes += conf->kafka.ops_topic != NULL ? (size_t)OPS_BYTES : 0;
    out->base_bytes +=
        conf->reconcile.interval_ms != 0 ? conf->reconcile.memory + RECONCILE_BYTES : 0;
    out->lanes_bytes = (size_t)conf->limits.lanes * out->lane_bytes;
    out->total_bytes = out->lanes_bytes + out->cores_bytes + out->large_bytes + out->long_bytes +
                       out->inbox_bytes + out->kafka_bytes + out->base_bytes;
}

enum err_kind memory_check(const struct conf *conf, const struct memory_plan *plan, struct err *e)
{
    enum { MIB = 1024 * KIB };
    if (conf->limits.memory == 0 || plan->total_bytes <= conf->limits.memory) {
        return FAIL_NONE;
    }
    return err_set(e, FAIL_CONFIG,
                   "limits.memory: %zu MiB are not enough: %d lanes of %zu KiB, %zu MiB for %d "
                   "cores, %zu MiB for large objects, %zu MiB for long lines, %zu MiB for "
                   "notifications, %zu MiB for kafka.queue_bytes and %zu MiB for the rest make "
                   "%zu MiB",
                   conf->limits.memory / MIB, conf->limits.lanes, plan->lane_bytes / KIB,
                   plan->cores_bytes / MIB, conf->limits.cores, plan->large_bytes / MIB,
                   plan->long_bytes / MIB, plan->inbox_bytes / MIB, plan->kafka_bytes / MIB,
                   plan->base_bytes / MIB, (plan->total_bytes + MIB - 1) / MIB);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Queries of the brokers about many topics: a worker with thousands of them must not ask for each.
 */
#include "base/clock.h"
#include "base/lock.h"
#include "sink_priv.h"

enum { DESCRIBED_AT_ONCE = 500 };

/* A call of sink_topics_ask. */
struct asked {
    rd_kafka_t *producer;
    struct sink_topic_answer *list;
    size_t count;
    struct text_index numbers; /* of the list, by name */
    int timeout_ms;
    int64_t end_ms;
};

/* The timeout of the next request; 0: the time is over. */
static int left_ms(const struct asked *a)
{
    int64_t left = a->end_ms - clock_mono_ms(&clock_system);
    return left > a->timeout_ms ? a->timeout_ms : left > 0 ? (int)left : 0;
}

static struct sink_topic_answer *answer_of(const struct asked *a, const char *name)
{
    size_t number = text_index_find(&a->numbers, span_str(name));
    return number != TEXT_INDEX_NONE ? &a->list[number] : NULL;
}

/* All topics that the producer knows, which are those of the list and others. */
static rd_kafka_resp_err_t ask_metadata(const struct asked *a)
{
    const struct rd_kafka_metadata *md = NULL;
    rd_kafka_resp_err_t code = rd_kafka_metadata(a->producer, 0, NULL, &md, left_ms(a));
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return code;
    }
    for (size_t i = 0; i < a->count; i++) {
        a->list[i].code = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    }
    for (int i = 0; i < md->topic_cnt; i++) {
        struct sink_topic_answer *answer = answer_of(a, md->topics[i].topic);
        if (answer != NULL) {
            answer->code = md->topics[i].err;
        }
    }
    rd_kafka_metadata_destroy(md);
    return code;
}

static void read_facts(const struct asked *a, rd_kafka_event_t *ev)
{
    size_t n = 0;
    const rd_kafka_DescribeConfigs_result_t *result = rd_kafka_event_DescribeConfigs_result(ev);
    const rd_kafka_ConfigResource_t **got =
        result != NULL ? rd_kafka_DescribeConfigs_result_resources(result, &n) : NULL;
    for (size_t i = 0; i < n; i++) {
        struct sink_topic_answer *answer = answer_of(a, rd_kafka_ConfigResource_name(got[i]));
        if (answer != NULL && rd_kafka_ConfigResource_error(got[i]) == RD_KAFKA_RESP_ERR_NO_ERROR) {
            sink_topic_read_facts(got[i], &answer->facts);
        }
    }
}

/* The configurations of topics from *from on, those that can be used. False: no answer in time. */
static bool describe_some(const struct asked *a, size_t *from)
{
    int timeout_ms = left_ms(a);
    size_t n = 0;
    rd_kafka_ConfigResource_t *ask[DESCRIBED_AT_ONCE];
    for (; *from < a->count && n < DESCRIBED_AT_ONCE; (*from)++) {
        if (a->list[*from].code == RD_KAFKA_RESP_ERR_NO_ERROR) {
            ask[n++] = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, a->list[*from].name);
        }
    }
    if (n == 0 || timeout_ms == 0) {
        rd_kafka_ConfigResource_destroy_array(ask, n);
        return n == 0;
    }
    rd_kafka_queue_t *answers = rd_kafka_queue_new(a->producer);
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(a->producer, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    (void)rd_kafka_AdminOptions_set_request_timeout(options, timeout_ms, NULL, 0);
    rd_kafka_DescribeConfigs(a->producer, ask, n, options, answers);
    rd_kafka_event_t *ev = rd_kafka_queue_poll(answers, timeout_ms);
    bool answered = ev != NULL && rd_kafka_event_error(ev) == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (answered) {
        read_facts(a, ev);
    }
    rd_kafka_event_destroy(ev);
    rd_kafka_ConfigResource_destroy_array(ask, n);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(answers);
    return answered;
}

enum err_kind sink_topics_ask(struct sink *s, struct sink_topic_answer *list, size_t count,
                              int timeout_ms, int most_ms, struct err *e)
{
    int64_t now_ms = clock_mono_ms(&clock_system);
    struct asked a = {.list = list,
                      .count = count,
                      .numbers = TEXT_INDEX_INIT,
                      .timeout_ms = timeout_ms,
                      .end_ms = most_ms != 0 ? now_ms + most_ms : INT64_MAX};
    for (size_t i = 0; i < count; i++) {
        (void)sink_topic(s, list[i].name); /* so that the producer knows it */
        text_index_add(&a.numbers, span_str(list[i].name), i);
        list[i].code = RD_KAFKA_RESP_ERR_NO_ERROR;
        list[i].facts = (struct sink_topic_facts){.max_bytes = 0};
    }
    rw_lock_read(&s->handles);
    a.producer = s->producer.handle;
    rd_kafka_resp_err_t code = count != 0 ? ask_metadata(&a) : RD_KAFKA_RESP_ERR_NO_ERROR;
    size_t from = 0;
    while (code == RD_KAFKA_RESP_ERR_NO_ERROR && from < count && describe_some(&a, &from)) {
    }
    rw_lock_unlock(&s->handles);
    text_index_done(&a.numbers);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        return FAIL_NONE;
    }
    struct err why;
    sink_err(&why, code, NULL);
    return err_set(e, FAIL_AGAIN, "%zu topics: %s", count, why.text);
}

enum err_kind sink_topic_answer_err(const struct sink_topic_answer *a, struct err *e)
{
    struct err why;
    if (a->code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        return FAIL_NONE;
    }
    sink_err(&why, (rd_kafka_resp_err_t)a->code, NULL);
    return err_set(e, why.kind, "topic %s: %s", a->name, why.text);
}

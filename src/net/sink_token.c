/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SASL/OAUTHBEARER tokens of the worker (sink_config.token). By default librdkafka requests them
 * during the sink's poll, where slow credentials would delay delivery reports. So the request runs
 * on librdkafka's background thread, like the one for the tokens that it fetches itself (OIDC).
 */
#include "sink_priv.h"

#include "base/buf.h"

bool sink_token_set(rd_kafka_t *handle, sink_token_fn *token_next, void *context)
{
    struct buf token = BUF_SECRET(SINK_TOKEN_BYTES);
    struct err e = {.kind = FAIL_NONE};
    int64_t expires_ms = 0;
    char why[256] = "";
    bool held = false;
    if (token_next(context, &token, &expires_ms, &e) != FAIL_NONE) {
        (void)rd_kafka_oauthbearer_set_token_failure(handle, e.text);
    } else if (rd_kafka_oauthbearer_set_token(handle, token.p, expires_ms, "asymptote-ingest", NULL,
                                              0, why, sizeof(why)) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        (void)rd_kafka_oauthbearer_set_token_failure(handle, why);
    } else {
        held = true;
    }
    buf_done(&token);
    return held;
}

static void token_refresh(rd_kafka_t *producer, const char *config UNUSED, void *opaque)
{
    struct sink *s = opaque;
    atomic_store(&s->token_held, false);
    if (sink_token_set(producer, s->token, s->token_context)) {
        atomic_store(&s->token_held, true);
    }
}

void sink_token_conf(struct sink *s, rd_kafka_conf_t *conf)
{
    if (s->token != NULL) {
        rd_kafka_conf_enable_sasl_queue(conf, 1);
        rd_kafka_conf_set_opaque(conf, s);
        rd_kafka_conf_set_oauthbearer_token_refresh_cb(conf, token_refresh);
    }
}

void sink_token_start(rd_kafka_t *producer)
{
    /* An error means that there is no such queue: the sink provides no tokens. */
    rd_kafka_error_t *error = rd_kafka_sasl_background_callbacks_enable(producer);
    if (error != NULL) {
        rd_kafka_error_destroy(error);
    }
}

/*
 * Renew a refused token. Its credentials may have been revoked, or the clock was wrong. Without
 * this it would be used until four fifths of its lifetime have passed. librdkafka requests the next
 * one ten seconds after a failure. It also reports this failure as a refusal, which has no effect,
 * since no token is held then.
 */
void sink_token_renew(struct sink *s)
{
    if (atomic_exchange(&s->token_held, false)) {
        (void)rd_kafka_oauthbearer_set_token_failure(
            s->producer.handle, "the last one was refused; asking for another");
    }
}

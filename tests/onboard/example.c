/* SPDX-License-Identifier: Apache-2.0 */
#include "example.h"

struct model *example_model(void)
{
    static const struct {
        enum model_field field;
        const char *text;
    } values[] = {
        {MODEL_ID, "acme"},
        {MODEL_ACCOUNT, "444455556666"},
        {MODEL_BUCKET, "cust-bucket"},
        {MODEL_PREFIX, "asymptote/events"},
        {MODEL_REGION, "eu-west-1"},
        {MODEL_QUEUE, "main"},
        {MODEL_QUEUE_URL, "https://sqs.eu-west-1.amazonaws.com/111122223333/ingest"},
        {MODEL_QUEUE_ARN, "arn:aws:sqs:eu-west-1:111122223333:ingest"},
        {MODEL_WORKER_ROLE, "arn:aws:iam::111122223333:role/ingest-worker"},
        {MODEL_EXTERNAL_ID, "0123456789abcdef0123456789abcdef"},
    };
    struct model *m = model_new();
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        model_set(m, values[i].field, span_str(values[i].text));
    }
    model_finish(m);
    return m;
}

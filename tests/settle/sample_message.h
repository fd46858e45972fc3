/* SPDX-License-Identifier: Apache-2.0 */
/* sample_message.h - messages in flight of which only the id and the queue matter. */
#ifndef SETTLE_SAMPLE_MESSAGE_H
#define SETTLE_SAMPLE_MESSAGE_H

#include "settle/sqs/sqs_inflight.h"

static char id_a[] = "a";
static char id_b[] = "b";

static inline struct sqs_inflight message(char *id, size_t queue)
{
    return (struct sqs_inflight){.message_id = id, .inflight = {.queue = queue}};
}

#endif

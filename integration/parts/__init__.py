# SPDX-License-Identifier: Apache-2.0
"""Real parts on one machine: Kafka, moto (SQS, S3, STS, SNS, EventBridge), the worker.

The tests and scripts/demo build their worlds from these. All listen on free ports of 127.0.0.1,
all end with the process that started them.
"""

# SPDX-License-Identifier: Apache-2.0
"""Real services on one host: Kafka, moto (SQS, S3, STS, SNS, EventBridge), the worker.

The tests and scripts/demo use these. All listen on free ports of 127.0.0.1, and all end with the
process that started them.
"""

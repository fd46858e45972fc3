# SPDX-License-Identifier: Apache-2.0
# What the operator has once: the worker's role, a queue that customers share, its dead-letter queue, and an alarm on
# that. What each customer adds (its statement of the queue's policy, the worker's right to assume its role) is what
# `asymptote-ingest onboard` writes for the operator: it names this role and this queue.
#
#   terraform apply -var name=asymptote-ingest -var trust=ecs
#
# The worker's policy is that of etc/aws/worker-policy.json, so that there is one source of it.
terraform {
  required_version = ">= 1.3"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "name" {
  type        = string
  default     = "asymptote-ingest"
  description = "Begins the names of role and queues."
}

variable "trust" {
  type        = string
  default     = "ecs"
  description = "Where the worker runs: ec2, ecs, or eks (Pod Identity)."
  validation {
    condition     = contains(["ec2", "ecs", "eks"], var.trust)
    error_message = "trust is ec2, ecs or eks."
  }
}

variable "alarm_topic_arns" {
  type        = list(string)
  default     = []
  description = "SNS topics for the alarm of the dead-letter queue."
}

locals {
  services = {
    ec2 = "ec2.amazonaws.com"
    ecs = "ecs-tasks.amazonaws.com"
    eks = "pods.eks.amazonaws.com"
  }
  worker_policy = jsondecode(templatefile("${path.module}/../../etc/aws/worker-policy.json", {
    QUEUE_ARN             = aws_sqs_queue.shared.arn
    DEAD_LETTER_QUEUE_ARN = aws_sqs_queue.dead_letter.arn
    CUSTOMER_ROLE_ARN     = "of each customer: onboard"
  }))
}

resource "aws_iam_role" "worker" {
  name = "${var.name}-worker"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = local.services[var.trust] }
      Action    = var.trust == "eks" ? ["sts:AssumeRole", "sts:TagSession"] : ["sts:AssumeRole"]
    }]
  })
}

resource "aws_iam_role_policy" "queues" {
  name = "queues"
  role = aws_iam_role.worker.id
  policy = jsonencode({
    Version   = local.worker_policy.Version
    Statement = [for s in local.worker_policy.Statement : s if s.Sid != "CustomerRoles"]
  })
}

resource "aws_sqs_queue" "dead_letter" {
  name                      = "${var.name}-dead"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

resource "aws_sqs_queue" "shared" {
  name                       = var.name
  message_retention_seconds  = 1209600
  visibility_timeout_seconds = 300
  receive_wait_time_seconds  = 20
  sqs_managed_sse_enabled    = true
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letter.arn
    maxReceiveCount     = 20
  })
}

# The same as the alert IngestObjectsLeft, for those who have no Prometheus.
resource "aws_cloudwatch_metric_alarm" "dead_letters" {
  alarm_name          = "${var.name}-dead-letters"
  alarm_description   = "Objects that could not be read. docs/runbook.md#ingestobjectsleft, then asymptote-ingest redrive."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.dead_letter.name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arns
}

output "worker_role_arn" {
  value = aws_iam_role.worker.arn
}

output "queue_url" {
  value = aws_sqs_queue.shared.url
}

output "queue_arn" {
  value = aws_sqs_queue.shared.arn
}

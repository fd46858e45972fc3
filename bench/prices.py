# SPDX-License-Identifier: Apache-2.0
"""The cost of a terabyte, computed from prices that are assumptions: insert your own.

    dollars per TB = CPU s/GB * 1000 GB / 3600 s * price of a vCPU hour / share of it that is used
                   + objects per TB * (price of a GET + requests per object * price of an SQS request)
"""
from dataclasses import dataclass

PRICES_OF = "on-demand Linux and S3 Standard, us-east-1, list prices as published in 2025, without tax and free tiers"
VCPU_HOUR = {  # instance: dollars an hour, vCPUs
    "c6i.large": (0.0850, 2), "c7i.large": (0.08925, 2), "c7a.large": (0.10264, 2), "m7i.large": (0.1008, 2),
    "Fargate, 1 vCPU and 2 GB": (0.04048 + 2 * 0.004445, 1),
}
GET = 0.0004 / 1000
SQS = 0.40 / 1e6
SQS_REQUESTS = 1.2  # S3's send, and a tenth each of a receive and a delete for ten messages
USED = 0.70


@dataclass
class Cost:
    compute: float
    gets: float
    sqs: float

    @property
    def whole(self):
        return self.compute + self.gets + self.sqs


def compute_per_tb(cpu_s_per_gb, dollars, vcpus, used=USED):
    return cpu_s_per_gb * 1000 / 3600 * dollars / vcpus / used


def cost_per_tb(cpu_s_per_gb, object_bytes, instance, used=USED):
    """object_bytes: decompressed."""
    objects = 1e12 / object_bytes
    return Cost(compute_per_tb(cpu_s_per_gb, *VCPU_HOUR[instance], used), objects * GET, objects * SQS_REQUESTS * SQS)

# SPDX-License-Identifier: Apache-2.0
"""A strict fake of the AWS services that the worker uses. See README.md."""

from .admin import CUSTOMER_ACCOUNT, REGION, WORKER_ACCOUNT, allow, policy
from .server import FakeAws

__all__ = ["CUSTOMER_ACCOUNT", "REGION", "WORKER_ACCOUNT", "FakeAws", "allow", "policy"]

# SPDX-License-Identifier: Apache-2.0
"""`verify --all` beside customers whose endpoints do not answer: it ends, and all others are checked."""
import time

import pytest

from .parts.commands import Command
from .parts.strict import StrictWorld

EVENT = '{"user":"ana","action":"read"}\n'
CUSTOMERS, HANGING = 20, 4


def _verify(strict):
    began = time.monotonic()
    done = Command(strict.folder, "verify", strict.settings(), "--all", "--json")
    states = {}
    for line in done.json():
        if "customer" in line:
            states.setdefault(line["customer"], {})[line["check"]] = line["state"]
    return states, time.monotonic() - began


def test_all_other_customers_are_checked_beside_some_that_hang(strict: StrictWorld):
    customers = [strict.customer(f"c{n:02}") for n in range(CUSTOMERS)]
    for customer in customers:
        strict.fake.put_object(customer.bucket, customer.key("a"), EVENT)
    alone, alone_s = _verify(strict)
    assert set(alone) == {c.id for c in customers}
    hanging = customers[:HANGING]
    for customer in hanging:
        strict.fake.fault(service="sts", action="AssumeRole", params={"RoleArn": customer.settings["role_arn"]},
                          hang_s=600, count=-1)
    beside, beside_s = _verify(strict)
    print(f"{CUSTOMERS} customers: {alone_s:.1f} s; {HANGING} of them hang: {beside_s:.1f} s")
    assert set(beside) == set(alone)
    for customer in customers[HANGING:]:
        assert beside[customer.id] == alone[customer.id]
    for states in (beside[c.id] for c in hanging):  # STS is waited for in one check
        assert states["role.assume"] == "FAIL"
        assert {s for c, s in states.items() if c.startswith("role.") and c != "role.assume"} == {"skip"}

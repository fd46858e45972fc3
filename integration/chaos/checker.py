# SPDX-License-Identifier: Apache-2.0
"""Checks, from the content of Kafka alone, that nothing was lost, invented, misplaced or reordered."""
import json
from dataclasses import dataclass, field

from .cluster import EVENTS, REJECTS


@dataclass
class Verdict:
    records: int = 0
    events: int = 0             # different ids
    repeats: int = 0
    lost: int = 0
    invented: int = 0
    wrong_key: int = 0
    other_bytes: int = 0        # same id, object, version and line, but different bytes
    out_of_order: int = 0
    rejects: int = 0
    left_on_queues: int = 0
    dead_letters: int = 0
    examples: list = field(default_factory=list)

    @property
    def good(self):
        return not (self.lost or self.invented or self.wrong_key or self.other_bytes or self.out_of_order
                    or self.left_on_queues or self.dead_letters)

    def note(self, what, example):
        setattr(self, what, getattr(self, what) + 1)
        if len(self.examples) < 20:
            self.examples.append(f"{what}: {example}")


def _place(ingest):
    return ingest["object"], ingest.get("version"), ingest["line"], ingest.get("item", 0)


def check(cluster, load):
    """Read everything after the queues are drained, and compare."""
    verdict = Verdict()
    must, may = load.expected([c["id"] for c in cluster.customers])
    seen, values, last = {name: set() for name in may}, {}, {}
    for record in cluster.kafka.read(EVENTS):
        verdict.records += 1
        ingest = json.loads(record.value)["ingest"]
        customer, id = ingest["customer"], ingest["id"]
        if record.key != customer:
            verdict.note("wrong_key", f"{record.key} for {customer}")
        if id not in may.get(customer, ()):
            verdict.note("invented", f"{customer} {ingest['object']} line {ingest['line']}")
        place = _place(ingest)
        if values.setdefault((customer, place), hash(record.value)) != hash(record.value):
            verdict.note("other_bytes", place)
        if id in seen.setdefault(customer, set()):
            verdict.repeats += 1
            continue
        seen[customer].add(id)
        stream = (customer, place[:2])
        if place[2:] <= last.get(stream, (0, 0)):
            verdict.note("out_of_order", f"{place} after {last[stream]}")
        last[stream] = max(place[2:], last.get(stream, (0, 0)))
    for customer, ids in must.items():
        for id in ids - seen[customer]:
            verdict.note("lost", f"{customer} {id}")
    verdict.events = sum(map(len, seen.values()))
    verdict.rejects = cluster.kafka.count(REJECTS)
    verdict.left_on_queues, verdict.dead_letters = cluster.depth()
    return verdict

# SPDX-License-Identifier: Apache-2.0
"""docs/guide-consumers.md: what it says to consumers holds for what a worker produced, with copies of events in the
topic. The statement for a consumer's own table is run as written; the others need systems that are not here."""
import ast
import json
import re
import sqlite3

from .parts.events import generate
from .parts.places import ROOT
from .parts.strict import StrictWorld
from .parts.wait import until

GUIDE = (ROOT / "docs/guide-consumers.md").read_text()


def blocks(language, section):
    text = GUIDE.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    found = re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)
    assert found, section
    return found


def delivered_again(strict):
    """Two customers with equal files; each notification comes twice. Returns the records of the topic."""
    text = generate(200, 1).text
    made = [strict.customer(id) for id in ("acme", "bolt")]
    for customer in made:
        customer.put("a", text + b"{\n" * 3)
    strict.start()
    strict.settled()
    for customer in made:
        customer.queue.send(strict.fake.notification(customer.bucket, customer.key("a")))
    until(lambda: strict.count() == 800, lambda: f"{strict.count()} of 800; {strict.workers[-1].tail()}", 60)
    strict.settled()
    return [r for r, _ in strict.events()]


def test_a_table_with_the_key_has_each_event_once(strict: StrictWorld):
    records = delivered_again(strict)
    (insert,) = blocks("sql", "A consumer of your own")
    base = sqlite3.connect(":memory:")
    base.execute("CREATE TABLE events (customer TEXT, id TEXT, event TEXT, UNIQUE (customer, id))")
    for record in records:
        ingest = json.loads(record.value)["ingest"]
        base.execute(insert.strip().removesuffix(";"), (ingest["customer"], ingest["id"], record.value))
    assert len(records) == 800
    assert dict(base.execute("SELECT customer, count(*) FROM events GROUP BY 1").fetchall()) == {"acme": 200, "bolt": 200}
    # "With the same ingest.rules their bytes are equal", and copies have the same key, so the same partition.
    places = {}
    for record in records:
        ingest = json.loads(record.value)["ingest"]
        places.setdefault((ingest["customer"], ingest["id"]), set()).add((record.value, record.key, record.partition))
    assert len(places) == 400 and all(len(found) == 1 for found in places.values())


def test_copies_of_rejects_have_the_members_that_the_guide_names(strict: StrictWorld):
    delivered_again(strict)
    members = re.findall(r"`(\w+)`", GUIDE.partition("Copies have the same ")[2].partition(". Count")[0])
    assert members == ["object", "version", "reason", "offset"]
    rejects = [value for _, value in strict.rejects()]
    copies = {}
    for value in rejects:
        key = tuple(value.get(m) for m in members)
        copies.setdefault(key, []).append(value)
    assert len(rejects) >= 4 and all(len(found) == 2 for found in copies.values()), copies


def test_what_the_statements_take_from_an_event_is_in_it(strict: StrictWorld):
    """The members that ClickHouse's, Snowflake's and Spark's examples name, each with its type."""
    value = json.loads(delivered_again(strict)[0].value)
    named = [tuple(re.findall(r"'(\w+)'", path)) for path in re.findall(r"JSONExtract\w+\(event, ([^)]*)\)", GUIDE)]
    named += [tuple(path.split(":")) for path in re.findall(r"record_content:([\w:]+?)::", GUIDE)]
    named += [tuple(path.split(".")) for path in re.findall(r"\$\.([\w.]+)", GUIDE)]
    assert len(named) >= 10
    for path in named:
        found = value
        for member in path:
            found = found[member]
        assert isinstance(found, int if path[-1] == "rules" else str), path
    for text in blocks("python", "Spark"):
        ast.parse(text)

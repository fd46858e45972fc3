# SPDX-License-Identifier: Apache-2.0
"""docs/guide-consumers.md: what it says to consumers holds for what a worker produced, with copies of events in the
topic. The statement for a consumer's own table is run as written. ClickHouse's and Snowflake's are parsed by sqlglot, and the
program of Kafka Streams is compiled.

What is large is run only where it is: ClickHouse's statements by chdb (`pip install chdb`, 181 MB; the table of the Kafka engine is
filled here); the program of Kafka Streams where STREAMS_LIB names a folder with the jars of kafka-streams (rocksdbjni has 73 MB) and
jackson-databind; Flink's statements where FLINK_LIB names one with those of flink-clients, -connector-base,
-table-api-java-bridge, -table-planner-loader, -table-runtime, -json and -sql-connector-kafka (120 MB)."""
import ast
import json
import os
import pathlib
import re
import sqlite3
import subprocess

import pytest
import sqlglot

from .parts.events import generate
from .parts.places import ROOT, checkers, kafka_lib
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


def test_clickhouse_has_each_event_once(strict: StrictWorld):
    session = pytest.importorskip("chdb.session").Session()
    table, queue, view, question = re.split(r"(?<=;)\n+(?=\w)", blocks("sql", "ClickHouse")[0].strip())
    queue = re.sub(r"ENGINE = Kafka\nSETTINGS.*", "ENGINE = Memory;", queue, flags=re.S)
    for statement in (table, queue, view):
        session.query(statement)
    for record in delivered_again(strict):
        text = json.dumps(record.value.decode() if isinstance(record.value, bytes) else record.value)
        session.query(f'INSERT INTO events_queue FORMAT JSONEachRow {{"event":{text}}}')
    rows = session.query(question, "CSV").bytes().decode().splitlines()
    assert sum(int(row.rpartition(",")[2]) for row in rows) == 200, rows
    assert session.query("SELECT count() FROM events FINAL", "CSV").bytes().strip() == b"400"
    times = session.query("SELECT toUnixTimestamp64Nano(time), JSONExtractString(event, 'timestamp') FROM events", "JSONCompact")
    assert all(int(t) > 10 ** 18 for t, _ in json.loads(times.bytes())["data"])


def parsed(section, dialect):
    (text,) = blocks("sql", section)
    return sqlglot.parse(text, read=dialect, error_level=sqlglot.ErrorLevel.RAISE)


def columns(create):
    return {c.name.lower() for c in create.find_all(sqlglot.exp.ColumnDef)}


def test_snowflake_s_statements_are_of_its_grammar():
    create, merge = parsed("Snowflake", "snowflake")
    assert (create.key, merge.key) == ("create", "merge")
    (insert,) = merge.find_all(sqlglot.exp.Insert)
    assert {c.name.lower() for c in insert.this.expressions} == columns(create)


def test_clickhouse_s_statements_are_of_its_grammar():
    table, queue, view, question = parsed("ClickHouse", "clickhouse")
    assert [s.key for s in (table, queue, view, question)] == ["create"] * 3 + ["select"]
    (select,) = view.find_all(sqlglot.exp.Select)
    assert {c.alias_or_name for c in select.expressions} == columns(table)  # what the view selects is what the table keeps
    assert select.find(sqlglot.exp.Table).name == queue.find(sqlglot.exp.Table).name
    assert {c.name for c in question.find_all(sqlglot.exp.Column)} <= columns(table)


IMPORTS = ["java.io.*", "java.time.Duration", "java.util.Properties", "com.fasterxml.jackson.databind.*",
           "org.apache.kafka.common.serialization.Serdes", "org.apache.kafka.streams.*", "org.apache.kafka.streams.kstream.*",
           "org.apache.kafka.streams.processor.api.*", "org.apache.kafka.streams.state.*"]


def streams_program(folder, topic, bootstrap):
    """The guide's program for one topic, as a file."""
    (code,) = blocks("java", "Kafka Streams")
    processor, _, topology = code.partition("\nStreamsBuilder")
    topology = topology.replace('"events"', f'"{topic}"').replace('"events-once"', f'"{topic}-once"')
    source = folder / "Once.java"
    source.write_text("".join(f"import {name};\n" for name in IMPORTS) + "public class Once {\nstatic " + processor + f"""
public static void main(String[] a) throws Exception {{
    StreamsBuilder{topology}
    Properties p = new Properties();
    p.put("application.id", "once-{topic}");
    p.put("bootstrap.servers", "{bootstrap}");
    p.put("auto.offset.reset", "earliest");
    p.put("state.dir", "{folder}/state");
    p.put("replication.factor", "1");
    KafkaStreams streams = new KafkaStreams(builder.build(), p);
    streams.start();
    System.in.read();
    streams.close();
}}
}}
""")
    return source


def test_the_program_of_kafka_streams_compiles(tmp_path):
    jars = [*checkers().glob("kafka-streams-*.jar"), f"{kafka_lib()}/*"]
    assert len(jars) == 2, "scripts/install-deps checkers"
    done = subprocess.run(["javac", "-Xlint:all,-processing", "-Werror", "-d", tmp_path, "-cp", ":".join(map(str, jars)),
                           streams_program(tmp_path, "events", "broker1:9092")], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "Once$DropSeen.class").exists()


def test_kafka_streams_has_each_event_once(strict: StrictWorld, tmp_path):
    jars = os.environ.get("STREAMS_LIB") or pytest.skip("no STREAMS_LIB")
    delivered_again(strict)
    once = f"{strict.events_topic}-once"
    strict.kafka.create_topic(once, partitions=2)
    source = streams_program(tmp_path, strict.events_topic, strict.kafka.bootstrap)
    with subprocess.Popen(["java", "-cp", f"{pathlib.Path(jars)}/*", str(source)], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as running:
        try:
            until(lambda: len(list(strict.kafka.read(once))) >= 400 or running.poll() is not None, "400 events", 120, every=1)
            running.stdin.close()
            said = running.stdout.read().decode()
        finally:
            running.kill()
    ids = [(e["customer"], e["id"]) for e in (json.loads(r.value)["ingest"] for r in strict.kafka.read(once))]
    assert len(ids) == len(set(ids)) == 400, said[-3000:]


def test_flink_has_each_event_once(strict: StrictWorld, tmp_path):
    jars = os.environ.get("FLINK_LIB") or pytest.skip("no FLINK_LIB")
    delivered_again(strict)
    (text,) = blocks("sql", "Flink")
    table, ttl, question = re.split(r"(?<=;)\n+(?=\w)", text.strip())
    table = (table.replace("'topic' = 'events'", f"'topic' = '{strict.events_topic}'").replace("broker1:9092", strict.kafka.bootstrap)
             .replace("'group-offsets'", "'earliest-offset'").rstrip(";"))
    key, value = re.fullmatch(r"SET '(.*)' = '(.*)';", ttl).groups()
    source = tmp_path / "Once.java"
    source.write_text(f"""import org.apache.flink.table.api.*;
public class Once {{ public static void main(String[] a) throws Exception {{
    TableEnvironment t = TableEnvironment.create(EnvironmentSettings.inStreamingMode());
    t.executeSql({json.dumps(table)});
    t.getConfig().set({json.dumps(key)}, {json.dumps(value)});
    System.out.println(t.explainSql({json.dumps(question.rstrip(";"))}));
    try (var rows = t.executeSql({json.dumps(question.rstrip(";"))}).collect()) {{
        while (rows.hasNext()) {{ System.out.println("row " + rows.next()); System.out.flush(); }}
    }}
}} }}
""")
    log = tmp_path / "flink.log"
    with log.open("wb") as out, subprocess.Popen(["java", "--add-opens=java.base/java.util=ALL-UNNAMED", "-cp", f"{jars}/*", str(source)],
                                                 stdout=out, stderr=subprocess.STDOUT) as running:
        try:
            until(lambda: log.read_bytes().count(b"\nrow ") >= 400 or running.poll() is not None, lambda: log.read_text()[-3000:], 120)
        finally:
            running.kill()
    said = log.read_text()
    rows = re.findall(r"^row \+I\[\+I\[(\w+), ([0-9a-f-]+), \d+\]", said, re.M)
    assert len(rows) == len(set(rows)) == 400 and "Deduplicate" in said, said[-3000:]

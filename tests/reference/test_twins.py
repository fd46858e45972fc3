# SPDX-License-Identifier: Apache-2.0
"""Every envelope in every framing, small and with blanks that make it larger than a value may be: the events and the
rejects are the same. An envelope around one record is one value, and must be within the limit itself.

Most cases have the least limit that a configuration may have, so that their objects are small; one for each framing
has the usual limit.
"""
import base64
import json
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parents[2]
BINARY = os.environ.get("INGEST_BINARY", ROOT / "build" / "release" / "asymptote-ingest")
LEAST, USUAL = 4 << 10, 1 << 20  # limits.line_bytes
PLACE = "a place for blanks"
CONFIGURATION = """
aws = { region = "eu-west-1"; };
kafka = { properties = ( "bootstrap.servers=broker1:9092" ); };
queues = ( { name = "main"; url = "https://sqs.eu-west-1.amazonaws.com/111122223333/q"; } );
customers = ( { id = "acme"; queue = "main"; prefix = "s3://bucket/p/"; account_id = "444455556666";
  role_arn = "arn:aws:iam::444455556666:role/r"; external_id = "5f0c7a52b1d94e6c8a3b";
  unwrap = [ "jsonPayload", "payload.after" ]; } );
limits = { line_bytes = "%dKiB"; reject_share = 0.0; };
"""
RECORDS = [{"time": "2026-05-11T22:20:00Z", "user": "ana", "command": "make check"},
           {"user": "ben", "n": 12345678901234567890},  # its time and host are those of the envelope, or of the object
           {"time": "2026-05-11T22:20:02Z", "user": "ana", "x": ["a]", {"b": "}"}]}]
OTHERS = [{"colour": "red"}, {}, 7, "a text"]  # one reject each
LISTS = ("Records", "records", "events", "logs", "items", "data", "value", "entries")


def listed(elements):
    """A list with a place for blanks in it."""
    return [elements[0], PLACE, *elements[1:]]


def attributes(record):
    return [{"key": k, "value": {"stringValue": str(v)}} for k, v in record.items()]


def otlp(request, scope, records):
    made = [{"timeUnixNano": str(1778538000000000000 + n), "attributes": attributes(r)} for n, r in enumerate(RECORDS)]
    return {request: [{"resource": {"attributes": attributes({"service.name": "codex"})}, scope: [{records: listed(made)}]}]}


def log_events():
    messages = [json.dumps(r) for r in RECORDS] + ["START RequestId: 1"]
    return [{"id": str(n), "timestamp": 1778538000000 + n, "message": m} for n, m in enumerate(messages)]


AROUND_LISTS = {
    **{name: {"time": "2026-05-11T10:00:00Z", "host": "h1", name: listed(RECORDS + OTHERS)} for name in LISTS},
    "CloudWatch Logs": {"messageType": "DATA_MESSAGE", "owner": "444455556666", "logGroup": "g", "logStream": "s1",
                        "logEvents": listed(log_events())},
    "a list in a list": {"Records": listed([RECORDS, {"events": RECORDS}, [RECORDS[:1]]])},
    "who before the list": {"user": "eva", "host": "h1", "events": listed(RECORDS)},
    "an event behind the list": {"events": listed(RECORDS), "user": "eva", "command": "ls"},
    "another list before the list": {"results": RECORDS, "events": listed(RECORDS)},
    "another list behind the list": {"events": listed(RECORDS), "results": RECORDS},
    "OTLP": otlp("resourceLogs", "scopeLogs", "logRecords"),
    "OTLP, snake case": otlp("resource_logs", "scope_logs", "log_records"),
    "OTLP, old": otlp("resourceLogs", "instrumentationLibraryLogs", "logs"),
}
AROUND_ONE = {
    "HEC": {"time": 1778538000, "host": "h1", "sourcetype": "agent", "event": RECORDS[1]},
    "HEC, a text": {"time": 1778538000, "index": "main", "event": json.dumps(RECORDS[1])},
    "EventBridge": {"detail-type": "agent", "source": "a", "time": "2026-05-11T22:20:01Z", "detail": RECORDS[1]},
    "CloudEvents": {"specversion": "1.0", "id": "1", "time": "2026-05-11T22:20:02Z", "data": RECORDS[1]},
    "CloudEvents, base64": {"specversion": "1.0", "id": "1",
                            "data_base64": base64.b64encode(json.dumps(RECORDS[1]).encode()).decode()},
    "Filebeat": {"@timestamp": "2026-05-11T22:20:03Z", "message": json.dumps(RECORDS[0]), "log": {"offset": 1}},
    "Docker": {"log": json.dumps(RECORDS[0]) + "\n", "stream": "stdout", "time": "2026-05-11T22:20:03Z"},
    "Fluent Bit": {"date": 1778538000.5, "log": json.dumps(RECORDS[0]), "kubernetes": {"pod_name": "p"}},
    "Google Cloud": {"insertId": "1", "timestamp": "2026-05-11T22:20:00Z", "jsonPayload": RECORDS[1]},
    "Kafka Connect": {"payload": {"before": None, "after": RECORDS[0]}},
    "no wrapper": RECORDS[0],
    "no event": {"colour": "red"},
    "a wrapper without an event": {"specversion": "1.0", "data": "a text"},
}


def text_of(value, indent=None):
    return json.dumps(value, indent=indent, separators=(",", ":") if indent is None else None)


def lines(values, blanks):
    return ("\n" + blanks + "\n").join(text_of(v) for v in values)


def values(values, blanks):
    return blanks.join(text_of(v) for v in values)


def array(values, blanks):
    return "[" + ("," + blanks).join(text_of(v) for v in values) + "]"


def array_lines(values, blanks):
    return "[\n" + (blanks + ",\n").join(text_of(v) for v in values) + "\n]"


def document(values, blanks):
    return ("\n" + blanks).join(text_of(v, 1) for v in values) + "\n"


FRAMINGS = (lines, values, array, array_lines, document)


class Reader:
    def __init__(self, folder):
        self.folder, self.rejects = folder, folder / "rejects"
        for limit in LEAST, USUAL:
            (folder / str(limit)).write_text(CONFIGURATION % (limit >> 10))

    def __call__(self, text, limit=USUAL):
        """The events without their place, and how many values were rejected for each reason."""
        run = subprocess.run([BINARY, "normalize", "-c", self.folder / str(limit), "--customer", "acme", "--object",
                              "s3://bucket/p/k", "--time", "2026-06-01T00:00:00Z", "--rejects", self.rejects, "-"],
                             input=text.encode(), capture_output=True)
        assert run.returncode == 0, run.stderr
        events = [json.loads(line) for line in run.stdout.splitlines()]
        for event in events:
            for member in "line", "item", "framing":
                event["ingest"].pop(member, None)
        counts = {}
        for reject in map(json.loads, self.rejects.read_bytes().splitlines()):
            counts[reject["reason"]] = counts.get(reject["reason"], 0) + reject.get("count", 1)
        return events, counts


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    return Reader(tmp_path_factory.mktemp("twins"))


def filled(text, blanks):
    """The places in lists, each as an element of its own, filled with blanks."""
    place = json.dumps(PLACE)
    head, *tail = text.split(place)
    for part in tail:
        cut = part.index(",") + 1
        assert part[:cut].strip() == ","
        head += blanks + part[cut:]
    return head


def padded(wrapper, size):
    """The text of the envelope with so many blanks before its end that it has this size."""
    text = text_of(wrapper)
    return text[:-1] + " " * (size - len(text)) + "}"


FEW = [RECORDS[0], RECORDS[2]]  # around the envelope
BLANKS = " " * (LEAST + 512)
ALL_LISTS = {"no_known_field": 8, "not_an_event": 24, "wrapped_text": 5}


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("name", AROUND_LISTS)
def test_blanks_in_the_list_of_an_envelope_change_nothing(read, name, framing):
    text = framing([FEW[0], AROUND_LISTS[name], FEW[1]], "")
    events, rejects = read(filled(text, ""))
    assert len(events) >= len(RECORDS) + 2
    assert read(filled(text, BLANKS), LEAST) == (events, rejects)


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("name", AROUND_LISTS)
def test_blanks_in_the_first_value_of_an_object_change_nothing(read, name, framing):
    text = framing([AROUND_LISTS[name], *FEW], "")
    events, rejects = read(filled(text, ""))
    assert len(events) >= len(RECORDS) + 2
    assert read(filled(text, BLANKS), LEAST) == (events, rejects)


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("name", {**AROUND_LISTS, **AROUND_ONE})
def test_blanks_around_an_envelope_change_nothing(read, name, framing):
    envelope = {**AROUND_LISTS, **AROUND_ONE}[name]
    events, rejects = read(filled(framing([FEW[0], envelope, envelope, FEW[1]], ""), ""))
    assert read(filled(framing([FEW[0], envelope, envelope, FEW[1]], BLANKS), ""), LEAST) == (events, rejects)


@pytest.mark.parametrize("framing", FRAMINGS)
def test_blanks_of_mebibytes_in_all_lists_change_nothing(read, framing):
    text = framing([FEW[0], *AROUND_LISTS.values(), FEW[1]], "")
    events, rejects = read(filled(text, ""))
    assert len(events) >= len(AROUND_LISTS) * len(RECORDS)
    assert rejects == ALL_LISTS
    assert read(filled(text, " " * (USUAL + 4096))) == (events, rejects)


@pytest.mark.parametrize("framing", FRAMINGS)
def test_blanks_of_28_mebibytes_between_envelopes_change_nothing(read, framing):
    envelopes = [*AROUND_LISTS.values(), *AROUND_ONE.values()]
    events, rejects = read(filled(framing(envelopes, ""), ""))
    assert rejects == {"no_known_field": 9, "not_an_event": 24, "wrapped_text": 6}
    assert read(filled(framing(envelopes, " " * (USUAL + 4096)), "")) == (events, rejects)


@pytest.mark.parametrize("framing", (lines, values, array, array_lines))
@pytest.mark.parametrize("name", {**AROUND_LISTS, **AROUND_ONE})
def test_an_envelope_of_exactly_the_limit_is_read(read, name, framing):
    envelope = {**AROUND_LISTS, **AROUND_ONE}[name]
    text = framing([FEW[0], PLACE, FEW[1]], "")
    small = filled(text_of(envelope), "")
    exact = padded(json.loads(small), LEAST)
    assert len(exact) == LEAST
    want = read(text.replace(json.dumps(PLACE), small))
    assert read(text.replace(json.dumps(PLACE), exact), LEAST) == want


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("name", AROUND_ONE)
def test_an_envelope_around_one_record_above_the_limit_is_one_reject(read, name, framing):
    wrapper = {**AROUND_ONE[name], "pad": "x" * LEAST}
    events, rejects = read(framing([FEW[0], wrapper, FEW[1]], ""), LEAST)
    assert events == read(framing(FEW, ""))[0]
    assert rejects == {"line_too_long": 1}

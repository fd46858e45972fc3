# SPDX-License-Identifier: Apache-2.0
"""Objects as shippers write them: OTLP/JSON by OpenTelemetry's own libraries, and the framings that Vector,
Firehose, Fluent Bit, Logstash and Cribl document. `normalize` makes the same events of all of them."""
import base64
import gzip
import io
import json
import subprocess

import pytest
from google.protobuf.json_format import MessageToJson
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.json.file import FileSpanExporter
from opentelemetry.exporter.otlp.json.file._log_exporter import FileLogExporter
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from .parts.places import binary

LINE_BYTES = 1 << 20  # the default of limits.line_bytes
RESOURCE = Resource.create({"service.name": "claude-code", "service.version": "2.1.220", "host.name": "ana-mbp"})
RECORDS = 300


def normalized(object, *options):
    """The events of an object, without what only says where they were."""
    done = subprocess.run([str(binary()), "normalize", "--customer", "acme", "--time", "2026-06-01T00:00:00Z",
                           "--rejects", "/dev/stderr", *options, "-"],
                          input=object, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (0, b"")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    for event in events:
        for name in "line", "item", "framing":
            event["ingest"].pop(name, None)
    return events


# ---- OpenTelemetry

@pytest.fixture(scope="module")
def logs():
    """What the logs SDK gives to its exporters."""
    memory = InMemoryLogRecordExporter()
    provider = LoggerProvider(resource=RESOURCE)
    provider.add_log_record_processor(SimpleLogRecordProcessor(memory))
    logger = provider.get_logger("com.anthropic.claude_code.events", "2.1.220")
    for n in range(RECORDS):
        logger.emit(LogRecord(
            timestamp=1778538000123456789 + n * 10**9, severity_number=SeverityNumber.INFO, severity_text="INFO",
            trace_id=0x5b8efff798038103d269b633813fc60c, span_id=0xeee19b7ec3c1b174, body="claude_code.tool_result",
            attributes={"event.name": "tool_result", "session.id": f"s-{n % 7}", "tool_name": "Bash", "success": "true",
                        "duration_ms": n, "cost_usd": 0.25, "tool_input": '{"command":"make check"}', "paths": ["a", "b"]}))
    return list(memory.get_finished_logs())


@pytest.fixture(scope="module")
def spans():
    memory = InMemorySpanExporter()
    provider = TracerProvider(resource=RESOURCE)
    provider.add_span_processor(SimpleSpanProcessor(memory))
    tracer = provider.get_tracer("agent", "1.0")
    for n in range(RECORDS):
        with tracer.start_as_current_span("execute_tool Bash") as span:
            span.set_attributes({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "Bash",
                                 "session.id": f"s-{n}", "gen_ai.usage.input_tokens": n})
    return list(memory.get_finished_spans())


def written_by_sdk(exporter, records, batch):
    """OTLP/JSON lines of the SDK's file exporter, a request a line."""
    out = io.StringIO()
    writer = exporter(stream=out)
    for i in range(0, len(records), batch):
        writer.export(records[i:i + batch])
    return out.getvalue().encode()


def as_collector(message):
    """As the Collector marshals a request, and the specification of OTLP/JSON asks for: enums as numbers,
    trace and span ids in hexadecimal."""
    def hexadecimal(value):
        if isinstance(value, list):
            return [hexadecimal(v) for v in value]
        if not isinstance(value, dict):
            return value
        return {k: base64.b64decode(v).hex() if k in ("traceId", "spanId", "parentSpanId") else hexadecimal(v)
                for k, v in value.items()}
    return json.dumps(hexadecimal(json.loads(MessageToJson(message, use_integers_for_enums=True))),
                      separators=(",", ":")).encode()


@pytest.mark.parametrize("batch", [1, 100, RECORDS])
def test_logs_of_the_sdk_are_events_in_every_layout(logs, batch):
    lines = written_by_sdk(FileLogExporter, logs, batch)
    want = normalized(lines)
    assert [e["session"]["id"] for e in want] == [f"s-{n % 7}" for n in range(RECORDS)]
    assert {(e["harness"]["name"], e["tool"]["name"], e["event"]["action"], e["trace"]["id"]) for e in want} == \
        {("claude_code", "Bash", "command.executed", "5b8efff798038103d269b633813fc60c")}
    assert [e["timestamp"] for e in want[:2]] == ["2026-05-11T22:20:00.123456789Z", "2026-05-11T22:20:01.123456789Z"]
    batches = [encode_logs(logs[i:i + batch]) for i in range(0, len(logs), batch)]
    collector = [as_collector(b) for b in batches]
    for layout in (b"\n".join(collector), b"".join(collector), b"[" + b",".join(collector) + b"]",
                   gzip.compress(b"\n".join(collector)), b"\n".join(json.dumps(json.loads(c), indent=2).encode() for c in collector)):
        assert normalized(layout) == want


def test_logs_as_protobuf_s_own_json_are_the_same_but_for_their_ids(logs):
    """MessageToJson writes ids in base64 and, unless told, names of enums and many lines."""
    want = normalized(written_by_sdk(FileLogExporter, logs, 100))
    batches = [encode_logs(logs[i:i + 100]) for i in range(0, len(logs), 100)]
    for options in {}, {"indent": None}, {"use_integers_for_enums": True}, {"preserving_proto_field_name": True}:
        got = normalized("\n".join(MessageToJson(b, **options) for b in batches).encode())
        for a, b in zip(got, want, strict=True):
            assert (a["timestamp"], a["session"], a["tool"], a["event"], a["severity"], a["command"]) == \
                (b["timestamp"], b["session"], b["tool"], b["event"], b["severity"], b["command"])


def test_a_request_above_the_limit_gives_the_events_of_small_ones(logs):
    """The Collector's batch processor sends 8192 records in one request by default."""
    many = (logs * (8192 // RECORDS + 1))[:8192]
    request = as_collector(encode_logs(many))
    assert len(request) > LINE_BYTES
    want = normalized(b"".join(as_collector(encode_logs(many[i:i + 100])) for i in range(0, len(many), 100)))
    assert len(want) == len(many)
    for layout in request, gzip.compress(request), json.dumps(json.loads(request), indent=2).encode():
        assert normalized(layout) == want


def test_spans_of_the_sdk_are_events(spans):
    want = normalized(written_by_sdk(FileSpanExporter, spans, 50))
    assert [e["session"]["id"] for e in want] == [f"s-{n}" for n in range(RECORDS)]
    assert {e["tool"]["name"] for e in want} == {"Bash"}
    batches = [as_collector(encode_spans(spans[i:i + 50])) for i in range(0, len(spans), 50)]
    assert normalized(b"".join(batches)) == want


# ---- framings of other shippers

def flat(count, more=""):
    return [json.dumps({"time": f"2026-05-11T22:{n // 60 % 60:02}:{n % 60:02}Z", "user": "ana", "host": f"h{n}",
                        "command": "make check" + more}, separators=(",", ":")).encode() for n in range(count)]


SMALL = flat(200)
LARGE = flat(2500, " é " + "x" * 400)  # longer than limits.line_bytes on one line


def _fluent_bit(records):
    """The date in front, each record on its line."""
    return b"".join(b'{"date":"2026-05-11T22:20:00.000000Z",' + r[1:] + b"\n" for r in records)


FRAMINGS = {
    "vector, json by default: an array without line ends": lambda r: b"[" + b",".join(r) + b"]",
    "vector, newline_delimited": lambda r: b"\n".join(r) + b"\n",
    "vector, newline_delimited, of before: without the last line end": lambda r: b"\n".join(r),
    "vector, character_delimited with a blank": lambda r: b" ".join(r),
    "vector, bytes: nothing between": b"".join,
    "firehose, by default: nothing between": b"".join,
    "firehose, with a delimiter": lambda r: b"".join(x + b"\n" for x in r),
    "firehose, decompressed batches": lambda r: b"".join(gzip.compress(b"".join(r[i:i + 50])) for i in range(0, len(r), 50)),
    "logstash, codec json_lines": lambda r: b"".join(x + b"\n" for x in r),
    "logstash, codec json: nothing between": b"".join,
    "cribl, json": lambda r: gzip.compress(b"\n".join(r) + b"\n"),
    "a JSON array, pretty-printed": lambda r: json.dumps([json.loads(x) for x in r], indent=2).encode(),
    "values, pretty-printed": lambda r: b"\n".join(json.dumps(json.loads(x), indent=4).encode() for x in r),
    "an array, one element a line": lambda r: b"[\n" + b",\n".join(r) + b"\n]\n",
    "lines that end with commas": lambda r: b"".join(x + b",\n" for x in r),
    "RFC 7464": lambda r: b"".join(b"\x1e" + x + b"\n" for x in r),
    "CRLF": lambda r: b"".join(x + b"\r\n" for x in r),
}


@pytest.mark.parametrize("records", [SMALL, LARGE], ids=["short", "longer than a line may be"])
@pytest.mark.parametrize("framing", FRAMINGS)
def test_every_framing_gives_the_events_of_the_lines(framing, records):
    assert len(LARGE) * len(LARGE[0]) > LINE_BYTES
    want = normalized(b"\n".join(records))
    assert len(want) == len(records)
    assert normalized(FRAMINGS[framing](records)) == want


def test_fluent_bit_s_date_is_the_time_only_where_there_is_no_other():
    assert {e["timestamp"] for e in normalized(_fluent_bit(SMALL))} == {e["timestamp"] for e in normalized(b"\n".join(SMALL))}
    assert [e["timestamp"] for e in normalized(_fluent_bit([b'{"user":"ana"}']))] == ["2026-05-11T22:20:00.000000Z"]

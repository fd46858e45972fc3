# SPDX-License-Identifier: Apache-2.0
"""The worker produces of an object, byte for byte, what `normalize` writes of the same bytes: events and rejects, whatever
the object is, under whatever key, and whichever settings its customer has."""
import gzip
import json
import lzma
import random
import struct
import subprocess

import lz4.frame
import zstandard

from .parts.places import binary
from .parts.strict import StrictWorld
from .parts.wait import until

MODIFIED = 1780272000  # 2026-06-01
SETTINGS = {  # by customer
    "redacted": {"redact": "secrets"},
    "accepting": {"unreadable": "accept", "redact": "secrets"},
    "small": {"output_ratio": 2, "output_record_bytes": "64B"},
}
EVENT = '{"time":"2026-05-11T22:20:00Z","user":"ana","command":"make check"}'
TOKEN = "ghp_" + "A1b2" * 9
INNER = json.loads(EVENT)
GARBAGE = "level=info msg=started\n"
SKIPPABLE = struct.pack("<II", 0x184D2A53, 5) + b"abcde"


def _gzip(text):
    return gzip.compress(text, mtime=0)


def _zstd(text, window=20):
    how = zstandard.ZstdCompressionParameters.from_level(3, window_log=window)
    c = zstandard.ZstdCompressor(compression_params=how).compressobj()
    return c.compress(text) + c.flush()


def _lines(n, seed=1):
    numbers = random.Random(seed)
    return "".join(json.dumps({"time": "2026-05-11T22:20:00Z", "user": f"u{i}", "message": "\U0001f600" * numbers.randrange(9),
                               "n": numbers.choice([1, 1.5, 2 ** 64 - 1, 1e400, None, []])}) + "\n" for i in range(n))


def _otlp(n):
    return json.dumps({"resourceLogs": [{"resource": {"attributes": []}, "scopeLogs": [{"logRecords": [
        {"body": {"stringValue": "x" * 300}, "attributes": [{"key": "user.name", "value": {"stringValue": f"u{i}"}}]}
        for i in range(n)]}]}]})


ALL = _lines(400)
ENVELOPES = "".join(json.dumps(e) + "\n" for e in (
    {"jsonPayload": INNER, "records": [INNER]}, {"payload": {"after": None, "before": INNER}}, {"payload.after": INNER},
    {"sourcetype": "a", "time": 1778538000.5, "host": "h", "event": {"detail-type": "x", "detail": INNER}},
    {"Records": [INNER, 1, {"specversion": "1.0", "data": EVENT}, {}]}, {"log": EVENT, "stream": "stdout"},
    {"message": json.dumps({"message": json.dumps({"log": EVENT})})}, {"jsonPayload": {}}, {"user": "bo", "jsonPayload": {"x": 1}}))
OBJECTS = {
    "lines.jsonl": ALL,
    "odd names/ü + %2B?&=#*[a]{b}~'()!@$;:,.\\^`|<>\"\U0001f600": EVENT + "\n",
    "//double//": EVENT,
    "a" * 900: EVENT,
    "members": _gzip(ALL[:5000].encode()) + b"\0" * 700 + b"\r\n" + _gzip(ALL[5000:].encode()) + b" \n\0",
    "frames in members": _gzip(_zstd(ALL[:5000].encode()) + SKIPPABLE) + b"\0" + _gzip(_zstd(ALL[5000:].encode())),
    "layers": lz4.frame.compress(_gzip(ALL[:77].encode()) + b"\0\0" + _gzip(ALL[77:].encode())) + SKIPPABLE,
    "utf-16": _zstd(ALL.encode("utf-16")),
    "utf-16, torn": _zstd(ALL.encode("utf-16-be"))[:-900],
    "marks": ("\ufeff" + EVENT + "\n\ufeff" + EVENT + "\ufeff" + EVENT + "\n"),
    "sequence": "\x1e[" + EVENT + ",\n\x1e" + EVENT + "]\n\x1e" + EVENT + "\n",
    "document": json.dumps({"records": [INNER, {"detail-type": "x", "detail": {"sourcetype": "a", "event": INNER}}]}, indent=1),
    "damaged document": json.dumps([INNER] * 9, indent=1)[:-30],
    "array": json.dumps([INNER] * 30000),
    "values": EVENT * 30000,
    "envelopes": ENVELOPES,
    "otlp": _otlp(20),
    "otlp in parts": _otlp(9000),
    "mixed": "".join((EVENT if n % 3 else GARBAGE.strip()) + "\n" for n in range(300)),
    "garbage first": GARBAGE * 3000 + ALL,
    "garbage": GARBAGE * 30,
    "above the share": EVENT + "\n" + GARBAGE * 1200,
    "digits": EVENT + "\n" + "1\n" * 4000,
    "torn": _gzip(ALL.encode()) + _gzip(bytes(random.Random(2).randbytes(4000)))[:2000],
    "torn values": _gzip((EVENT * 3000).encode())[:-9],
    "torn line behind lines": _zstd((ALL + EVENT * 9000).encode())[:-20],
    "torn array": lz4.frame.compress(json.dumps([INNER] * 30000).encode(), block_size=lz4.frame.BLOCKSIZE_MAX64KB)[:-3000],
    "torn first line": _gzip(EVENT[:-9].encode())[:-8],
    "damaged element": "[" + ",".join([EVENT] * 9 + ["{bad}"] + [EVENT] * 9) + "]",
    "damaged long array": "[" + ",".join([EVENT] * 20000 + ["{bad}"] + [EVENT] * 9) + "]",
    "xz": lzma.compress(ALL.encode()),
    "window": _zstd(ALL.encode(), 24),
    "window after events": _zstd((GARBAGE * 30 + ALL).encode()) + _zstd(ALL.encode(), 24),
    "long": '{"user":"ana","message":"' + "x" * 4050 + " " + TOKEN + "y" * (1 << 20) + '"}\n' + EVENT,
    "secrets": "".join(json.dumps({**INNER, "message": m}) + "\n" for m in (
        f"\\u2014{TOKEN}", f"\x1b[31m{TOKEN}", "curl -H 'A: b; c' -u ana:hunter22", "\\u0070assword=hunter22"))
        + f'{{"a":"{TOKEN}"' + "\n",
    "times": "".join(json.dumps({"user": "ana", "time": t}) + "\n" for t in (
        "2026-05-11T24:00:00Z", "no time", "Mon May 11 22:20:00 IST 2026", None, 1778538000123, "11.05.2026 22:20:00")),
    "identity": "".join(json.dumps({"vendor": "beacon", "schema_version": "1.0", "event": {"id": i, "action": "file.read"},
                                    "harness": {"name": "x"}}) + "\n" for i in (
        "1", "1", "01JVABCDEFGHJKMNPQRSTVWXYZ", "00000000-0000-0000-0000-000000000000", "a" * 16, "a1" * 8)),
}


def _bytes(body):
    return body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")


def _normalized(customer, conf, name, version, folder):
    rejects = folder / "rejects.jsonl"
    run = subprocess.run([str(binary()), "normalize", "-c", str(conf), "--customer", customer.id, "--rejects", str(rejects),
                          "--object", f"s3://{customer.bucket}/{customer.key(name)}", "--object-version", version,
                          "--time", "2026-06-01T00:00:00Z", "-"], input=_bytes(OBJECTS[name]), stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE)
    assert rejects.exists(), run.stderr
    return run.stdout.splitlines(), rejects.read_bytes().splitlines()


def test_the_worker_produces_what_normalize_writes(strict: StrictWorld, tmp_path):
    queues = {id: strict.queue(receives=1) for id in SETTINGS}
    customers = {id: strict.customer(id, queue=queues[id], versioning=True, **more) for id, more in SETTINGS.items()}
    told = {}
    for id, customer in customers.items():
        for name, body in OBJECTS.items():
            made = strict.fake.put_object(customer.bucket, customer.key(name), _bytes(body), modified=MODIFIED)
            assert made["notified"] == 1
            told[id, name] = made["version_id"]
    worker = strict.start()

    def settled():
        ended = worker.lines(msg="object done") + worker.lines(msg="object left") + worker.lines(msg="object unreadable, accepted")
        if len({line["object"] for line in ended}) == len(told):
            strict.fake.clock(advance_s=1000)
        return strict.left() == 0
    until(settled, worker.tail, 300, every=0.5, alive=worker)
    events, rejects = {}, {}
    for records, into in (strict.kafka.read(strict.events_topic), events), (strict.kafka.read(strict.rejects_topic), rejects):
        for record in records:
            value = json.loads(record.value)
            object = (value.get("ingest") or value)["object"]
            into.setdefault(object, []).append(record.value)
    conf = strict.workers[-1].conf
    wrong = []
    for (id, name), version in told.items():
        object = f"s3://{customers[id].bucket}/{customers[id].key(name)}"
        want = _normalized(customers[id], conf, name, version, tmp_path)
        got = events.get(object, []), rejects.get(object, [])
        if got != want:
            wrong.append((id, name, [(len(g), len(w)) for g, w in zip(got, want)],
                          [next(((a, b) for a, b in zip(g, w) if a != b), None) for g, w in zip(got, want)]))
    assert wrong == [], "\n".join(str(w)[:1500] for w in wrong)

# SPDX-License-Identifier: Apache-2.0
"""What `sample` and `normalize` say of objects that are read in part or not at all: the same words and the same exit
status. Each row has the object, its number of events, the status and the words."""
import bz2
import gzip
import json
import os
import pathlib
import re
import subprocess

import pytest
import zstandard

ROOT = pathlib.Path(__file__).parents[2]
BINARY = os.environ.get("INGEST_BINARY", ROOT / "build" / "release" / "asymptote-ingest")
CONFIGURATION = """
aws = { region = "eu-west-1"; };
kafka = { properties = ( "bootstrap.servers=127.0.0.1:9092" ); };
queues = ( { name = "main"; url = "https://sqs.eu-west-1.amazonaws.com/111122223333/ingest"; } );
customers = ( { id = "acme"; queue = "main"; prefix = "s3://bucket/p/"; account_id = "444455556666";
  role_arn = "arn:aws:iam::444455556666:role/read"; external_id = "x-1"; %s } );
"""
EVENTS = [json.dumps({"user": f"ana{i}", "action": "file.read", "time": f"2026-05-11T10:20:{i:02}Z"}) for i in range(60)]
BOM = b"\xef\xbb\xbf"


def lines(count):
    return "".join(f"{e}\n" for e in EVENTS[:count]).encode()


def pretty(count):
    return "".join(json.dumps(json.loads(e), indent=1) + "\n" for e in EVENTS[:count]).encode()


def array(count, between=","):
    return f"[{between.join(EVENTS[:count])}]".encode()


def bad_sum(data):
    return data[:-6] + bytes([data[-6] ^ 1]) + data[-5:]


TWO = len(lines(2))
WHOLE = {
    "lines": (lines(3), 3),
    "without the last line end": (lines(3)[:-1], 3),
    "a bad line among others": (lines(2) + b"oops\n" + lines(2), 4),
    "a bad line at the end": (lines(2) + b'{"user":\n', 2),
    "a text at the end": (lines(2) + b"end of file", 2),
    "a line that looks like bzip2": (lines(2) + b"BZh is no compression\n" + lines(2), 4),
    "a mark at the beginning of each file": (BOM + lines(2) + BOM + lines(2), 4),
    "members": (gzip.compress(lines(2)) + gzip.compress(lines(2)), 4),
}
PART = {
    "gzip": (lines(2) + gzip.compress(lines(3)), 2, f"gzip at byte {TWO} of "),
    "gzip on the same line": (lines(2)[:-1] + gzip.compress(lines(3)), 2, f"gzip at byte {TWO - 1} of "),
    "zstd": (lines(2) + b"\x28\xb5\x2f\xfd\x04\x00abc", 2, f"zstd at byte {TWO} of "),
    "lz4": (lines(2) + b"\x04\x22\x4d\x18\x40\x40\xc0", 2, f"lz4 at byte {TWO} of "),
    "bzip2": (lines(2) + bz2.compress(lines(3)), 2, f"bzip2 at byte {TWO} of "),
    "gzip and lines": (lines(2) + gzip.compress(b"{}", mtime=0) + b"\n" + lines(2), 4, f"gzip at byte {TWO} of "),
    "two marks": (BOM + BOM + lines(2), 1, "another byte order mark at byte 3 of "),
    "a mark within a line": (lines(2)[:-1] + BOM + lines(2), 3, f"another byte order mark at byte {TWO - 1} of "),
    "UTF-16LE": (lines(2) + lines(2).decode().encode("utf-16le"), 2, f"UTF-16LE at byte {TWO} of "),
    "UTF-16LE with a mark": (lines(2) + b"\xff\xfe" + lines(2).decode().encode("utf-16le"), 2, f"UTF-16LE at byte {TWO} of "),
    "UTF-16BE": (lines(2) + lines(2).decode().encode("utf-16be"), 2, f"UTF-16 at byte {TWO} of "),
    "UTF-16BE with a mark": (lines(2) + b"\xfe\xff" + lines(2).decode().encode("utf-16be"), 2, f"UTF-16BE at byte {TWO} of "),
    "UTF-8 after UTF-16LE": (lines(2).decode().encode("utf-16le") + lines(2), 2, f"UTF-8 at byte {TWO} of "),
    "UTF-8 after UTF-16BE": (lines(2).decode().encode("utf-16be") + lines(2), 2, f"UTF-8 at byte {TWO} of "),
    "UTF-8 with a mark after UTF-16": (lines(2).decode().encode("utf-16") + BOM + lines(2), 2, f"UTF-8 at byte {TWO} of "),
    "UTF-16BE after UTF-16LE": (lines(2).decode().encode("utf-16le") + lines(2).decode().encode("utf-16be"), 2,
                                f"UTF-16 in the other byte order at byte {TWO} of "),
    "UTF-16LE after UTF-16BE": (lines(2).decode().encode("utf-16be") + lines(2).decode().encode("utf-16le"), 2,
                                f"UTF-16 in the other byte order at byte {TWO} of "),
    "wrong checksum": (bad_sum(gzip.compress(lines(3))), 3, f": its text was read up to byte {len(lines(3))}, its 3 events are not verified"),
    "gzip that is cut": (gzip.compress(lines(60))[:-60], None, "the data end inside a member"),
    "lines that are cut": (lines(3)[:-9], 2, f"the text ends inside the value that begins at byte {TWO} of {len(lines(3)) - 9}"),
    "an array that is cut": (array(3)[:-9], 2, f"a JSON array, which ends early, at byte {len(array(3)) - 9}: "),
    "an array without its bracket": (array(3, ",\n")[:-1], 3, f"which ends early, at byte {len(array(3, ',,')) - 1}: "),
    "documents that are cut": (pretty(3)[:-9], 2, f"which ends early, at byte {len(pretty(3)) - 9}: "),
    "documents and gzip": (pretty(3) + gzip.compress(lines(2)), 3, f"JSON over several lines, damaged at byte {len(pretty(3))}: "),
}
KIND = {
    "UTF-16LE behind other characters": (("\u65e5\u672c\u8a9e\n" + '{"user":"ana"}\n' * 3).encode("utf-16le"), "UTF-16 at byte 7, after text: "),
    "a wrapper of a shipper": (b'{"log":{"user":"ana"}}\n' * 3, "name the member that holds the event (key unwrap)"),
    "names of the customer": (b'{"wer":"ana","was":"lesen"}\n' * 3, "map the customer's names"),
    "server-sent events": (b'event: message\ndata: {"a":1}\n\n' * 3, "server-sent events: no event in "),
    "a log": (b'2026-05-11T10:20:00,123 INFO event: {"a":1, "b":2}\n' * 3, "logfmt or plain text: no event in 3 records"),
}


def run(command, data, *options):
    done = subprocess.run([BINARY, command, *options, "-"], input=data, capture_output=True)
    said = (done.stdout if command == "sample" else b"") + done.stderr
    return done.returncode, said.decode(), done.stdout.splitlines()


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_read_to_its_end_is_accepted(name):
    data, count = WHOLE[name]
    status, said, events = run("normalize", data)
    assert (status, len(events)) == (0, count), said
    assert run("sample", data)[0] == 0


@pytest.mark.parametrize("name", PART)
def test_what_is_not_read_is_named_at_its_place(name):
    data, count, words = PART[name]
    status, said, events = run("normalize", data)
    assert status == 3 and words in said and "; the worker is done with it" in said
    assert count is None or len(events) == count
    status, said, _ = run("sample", data)
    assert status == 3 and words in said and "would be accepted in part" in said


@pytest.mark.parametrize("name", ["gzip", "two marks", "UTF-16BE"])
def test_its_reject_has_the_same_words(name, tmp_path):
    data, _, words = PART[name]
    run("normalize", data, "--rejects", tmp_path / "rejects")
    rejects = [json.loads(line) for line in (tmp_path / "rejects").read_text().splitlines()]
    named = [r for r in rejects if r["detail"].startswith(words)]
    assert len(named) == 1 and named[0]["reason"] == "bad_json"
    assert named[0]["detail"].endswith("of the object, after other text")


def damaged_at_the_end():
    good = gzip.compress(lines(3))
    frame = zstandard.ZstdCompressor(level=1, write_checksum=True).compress(lines(3))
    return {"gzip": bad_sum(good), "zstd": frame[:-1] + bytes([frame[-1] ^ 1]), "members": good + bad_sum(gzip.compress(lines(2))),
            "cut": good[:-4], "one": bad_sum(gzip.compress(lines(1)))}


@pytest.mark.parametrize("name,count", [("gzip", "3 events"), ("zstd", "3 events"), ("members", "5 events"), ("cut", "3 events"),
                                        ("one", "1 event")])
def test_the_reject_of_damage_says_how_many_events_are_not_verified(name, count, tmp_path):
    data = damaged_at_the_end()[name]
    status, said, events = run("normalize", data, "--rejects", tmp_path / "rejects")
    last = json.loads((tmp_path / "rejects").read_text().splitlines()[-1])
    assert status == 3 and last["reason"] == "truncated_object" and len(events) == int(count[0])
    assert last["detail"].endswith(f"; of its {count} those of the damaged part are not verified")
    assert f", its {count} " in said and " not verified" in said


def test_damage_before_the_first_event_says_nothing_of_events(tmp_path):
    data = gzip.compress(lines(3))[:12]
    assert "verified" not in run("normalize", data, "--rejects", tmp_path / "rejects")[1]


@pytest.mark.parametrize("name", KIND)
def test_the_kind_and_the_advice_are_those_of_the_text(name):
    data, words = KIND[name]
    for command in "normalize", "sample":
        status, said, _ = run(command, data)
        assert status == 1 and words in said


@pytest.mark.parametrize("message,more,status", [("", {}, 0), (" " + EVENTS[0], {}, 1), ("", {"event": EVENTS[0]}, 1),
                                                 ("", {"event": {"user": "ana"}}, 1)])
def test_a_control_message_with_an_event_is_not_skipped(message, more, status):
    record = {"messageType": "CONTROL_MESSAGE", "owner": "CloudwatchLogs", "logGroup": "", "logStream": "", "subscriptionFilters": [],
              "logEvents": [{"id": "", "timestamp": 1, "message": f"CWL CONTROL MESSAGE: Checking{message}", **more}]}
    assert run("normalize", json.dumps(record).encode() + b"\n")[0] == status


def test_an_array_on_one_line_is_read_as_lines():
    said = run("sample", f'[null,{{}},"",1,{EVENTS[0]}]\n'.encode())[1]
    assert "framing: lines\n" in said


def configured(folder, keys):
    (folder / "conf").write_text(CONFIGURATION % keys)
    return "-c", folder / "conf", "--customer", "acme"


@pytest.mark.parametrize("key,words", [("s3://bucket/p/a.json", None), ("s3://bucket/p/a.md", "ignore leaves out this key"),
                                       ("s3://bucket/p/a.tar", "only leaves out this key"),
                                       ("s3://bucket/q/a.json", "is not below s3://bucket/p/"),
                                       ("s3://bucket/pp/a.json", "is not below s3://bucket/p/"),
                                       ("s3://other/p/a.json", "is not below s3://bucket/p/")])
def test_an_object_that_the_worker_does_not_read_gives_nothing(key, words, tmp_path):
    options = *configured(tmp_path, 'only = [ "*.json", "*.md" ]; ignore = [ "*.md" ];'), "--object", key
    status, said, events = run("normalize", lines(2), *options)
    assert (status, len(events)) == ((3, 0) if words else (0, 2))
    assert words is None or words in said
    status, said, _ = run("sample", lines(2), *options)
    assert status == (3 if words else 0)
    assert words is None or ("would not be read: " in said and words in said and "worker: does not read it" in said)


@pytest.mark.parametrize("data", [b"user,action,time\nana,read,1\nben,read,2\n", b"PAR1" + bytes(range(256)) + b"PAR1"])
@pytest.mark.parametrize("accepts", [False, True])
def test_both_commands_know_that_unreadable_objects_are_accepted(data, accepts, tmp_path):
    options = configured(tmp_path, 'unreadable = "accept";' if accepts else "")
    status, said, events = run("normalize", data, *options)
    assert (status, events) == (3 if accepts else 1, [])
    assert ("; the worker is done with it" in said) == accepts
    status, said, _ = run("sample", data, *options)
    assert status == (3 if accepts else 1)
    assert ("would be accepted without an event" in said) == accepts


def test_counts_are_counted():
    said = run("normalize", b"PAR1" + bytes(range(256)) + b"PAR1")[1]
    assert said.endswith("0 events, 1 reject: object=1 (--rejects FILE keeps them)\n") and "lines" not in said.splitlines()[-1]
    assert "\n1 line, 0 events, 2 rejects: " in run("normalize", b"oops\n")[1]


DETAILS = {
    "src/codec": r"(?:fail_at\(s, |wrong = |damage_between\(f, |tail_damaged\(f, |framing_damage\(f, [^\"]*|in_value\[\] = |in_string \? |: (?=\"the line ends)|value_breaks\(f, s, )",
    "src/event": r"(?:wrong = |nothing = |unwrapper_note\(\S+ |normalize_reject\(n, \w+,\s*|\? (?=\"the event is)|: (?=\"no member that)|: (?=\"wrapped)|sizeof\(n->detail\),\s*|sizeof\(u->detail\),\s*(?=\"the))",
}


def details():
    """The texts of details in the sources, joined, with … for each value."""
    found = set()
    for folder, before in DETAILS.items():
        for path in sorted((ROOT / folder).rglob("*.c")):
            if folder == "src/codec" and not path.name.startswith(("json_", "framing")):
                continue
            for m in re.finditer(before + r'((?:"(?:[^"\\]|\\.)*"\s*)+)', path.read_text()):
                text = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', m[1])).replace("\\\\", "\\")
                found.add(re.sub(r"%(?:\.\*)?l*z?[sud]", "…", text))
    return found


def test_the_details_of_rejects_are_on_their_page():
    page = re.sub(r"\s+", " ", (ROOT / "docs/reference/reject-details.md").read_text())
    texts = details()
    assert len(texts) > 40, sorted(texts)
    # composed of a place or a plural's end
    composed = {"…", "… at byte … of the object…", "… at byte …", "… byte… after damaged JSON, to the end of the …: not read",
                "… bytes…; limits.line_bytes is …", "… line… of a value that begins on an earlier line; the object has a value on each line"}
    assert [t for t in sorted(texts - composed) if t not in page] == []


def test_the_words_of_unreadable_files_are_on_their_page():
    page = re.sub(r"\s+", " ", (ROOT / "docs/event-files.md").read_text())
    kinds = re.findall(r'^    \{"([^"]+)", is_\w+\},', (ROOT / "src/codec/text_kind.c").read_text(), re.M)
    assert len(kinds) > 10
    assert [k for k in kinds if k.removeprefix("a ") not in page] == []
    words = re.findall(r'"((?:JSON|plain|OTLP)[^"%]{6,})"', (ROOT / "src/event/reading.c").read_text())
    assert len(words) > 5 and [w for w in words if w not in page] == []

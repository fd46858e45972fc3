# SPDX-License-Identifier: Apache-2.0
"""The control socket of a running worker, and the commands status and control."""
import hashlib
import http.client
import json
import os
import pathlib
import re
import socket
import stat
import subprocess
import tarfile
import threading
import time

from .parts.aws import KEYS
from .parts.events import generate
from .parts.places import binary
from .parts.process import clean_env
from .parts.strict import StrictWorld
from .parts.terminal import CODES, Terminal
from .parts.wait import until
from .parts.window import LISTEN, Window


def start(strict, **sections):
    path = strict.folder / "c.sock"
    worker = strict.start(control={"socket": str(path)}, **sections)
    worker.logged(msg="started")
    worker.socket = path
    return worker


def run(worker, *arguments, where=None):
    where = where or ("--socket", str(worker.socket))
    return subprocess.run([str(binary()), *arguments, *where], capture_output=True, text=True, timeout=60,
                          env={**clean_env(), "HOME": str(worker.home)}, stdin=subprocess.DEVNULL)


def command(worker, *arguments):
    done = run(worker, "control", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def watch(worker, **environment):
    return Terminal([binary(), "status", "--watch", "--socket", worker.socket],
                    {**clean_env(), "HOME": str(worker.home), "TERM": "xterm", **environment})


def fetched(worker, target):
    """A page of the socket that is JSON."""
    connection = http.client.HTTPConnection("localhost", timeout=60)
    with socket.socket(socket.AF_UNIX) as connection.sock:
        connection.sock.connect(str(worker.socket))
        connection.request("GET", target)
        return json.load(connection.getresponse())


def status(worker):
    return json.loads(run(worker, "status", "--json").stdout)


def test_each_command_does_what_it_says(strict: StrictWorld):
    acme, other = strict.customer("acme"), strict.customer("other")
    acme.put("a", generate(20, 1).text)
    worker = start(strict)
    assert stat.S_IMODE(worker.socket.stat().st_mode) == 0o600
    assert worker.logged(msg="listening for control")[0]["mode"] == "0600"
    worker.logged(msg="object done", customer="acme")

    command(worker, "pause", "acme")
    assert worker.logged(msg="changed by an operator", command="pause", customer="acme", uid=str(os.getuid()))
    (row,) = [c for c in status(worker)["customers"] if c["customer"] == "acme"]
    assert row["state"] == "paused" and row["cause"] == "paused by an operator"
    worker.logged(msg="polling stopped", customer_ids="acme")
    acme.put("b", generate(20, 2).text)
    other.put("b", generate(20, 3).text)
    worker.logged(msg="object done", customer="other")
    assert "paused by an operator" in run(worker, "status", "acme").stdout
    assert len(worker.lines(msg="object done", customer="acme")) == 1
    assert command(worker, "resume", "acme") == \
        "its messages are read again; returned by this worker and still hidden: 0\n"
    until(lambda: len(worker.lines(msg="object done", customer="acme")) == 2, worker.tail, 60)

    command(worker, "log-level", "error")
    before = len(worker.lines(msg="object done"))
    acme.put("c", generate(20, 4).text)
    until(lambda: status(worker)["counts"]["fresh"] == 2 and next(
        c for c in status(worker)["customers"] if c["customer"] == "acme")["objects_done"] == 3, worker.tail)
    assert len(worker.lines(msg="object done")) == before
    command(worker, "debug", "acme")
    acme.put("d", generate(20, 5).text)
    other.put("d", generate(20, 6).text)
    worker.logged(msg="object read", customer="acme", level="debug")
    until(lambda: status(worker)["counts"]["fresh"] == 2 and next(
        c for c in status(worker)["customers"] if c["customer"] == "other")["objects_done"] == 2, worker.tail)
    assert not worker.lines(msg="object read", customer="other")
    command(worker, "debug", "acme", "--off")
    command(worker, "log-level", "info")

    assert "applied" in command(worker, "reload")
    worker.conf.write_text(worker.conf.read_text() + "nonsense = 1;\n")
    refused = run(worker, "control", "reload")
    assert refused.returncode == 1 and re.search(
        r"^refused: the configuration in use stays: \S+:\d+: nonsense: unknown key", refused.stderr), refused.stderr

    command(worker, "drain")
    assert status(worker)["worker"]["drained"] and not status(worker)["worker"]["ready"]
    until(lambda: acme.queue.depth() == 0, "settled")
    time.sleep(3)  # a receive that was in progress has ended: wait is 2 s
    acme.put("e", generate(20, 7).text)
    time.sleep(3)
    assert acme.queue.visible() == 1
    command(worker, "drain", "--off")
    until(lambda: acme.queue.depth() == 0, worker.tail, 60)
    strict.settled()
    worker.stop()
    assert not worker.socket.exists()


def test_resume_says_how_many_messages_are_hidden(strict: StrictWorld):
    acme = strict.customer("acme")
    strict.fake.fault(service="s3", action="GetObject", error="AccessDenied", count=2)
    acme.put("a", generate(20, 1).text)
    acme.put("b", generate(20, 1).text)
    worker = start(strict)
    until(lambda: len(worker.lines(msg="object later")) == 2, worker.tail, 60)
    command(worker, "pause", "acme")
    said = command(worker, "resume", "acme")
    assert re.fullmatch(r"its messages are read again; returned by this worker and still hidden: 2, "
                        r"the last one for \d+ (s|min)\n", said), said
    assert worker.logged(msg="changed by an operator", command="resume")[0]["next"] == said.strip()


def test_a_wrong_command_changes_nothing_and_says_why(strict: StrictWorld):
    strict.customer("acme")
    worker = start(strict, metrics=LISTEN)
    for words, says in ((("stop",), "the command is pause"), (("pause",), "need a customer"),
                        (("pause", "unknown"), "no customer"), (("log-level", "loud"), "needs debug"),
                        (("pause", "<b>\x1b[31m&customer=acme"), "no customer")):
        done = run(worker, "control", *words)
        assert done.returncode == 1 and says in done.stderr and "\x1b" not in done.stderr, words
    assert run(worker, "control").returncode == 2
    assert run(worker, "status", "unknown").returncode == 1
    assert not worker.lines(msg="changed by an operator")
    window = Window(worker)  # the HTTP port has no commands, and the same status
    assert window.get("/control?command=drain", "POST")[0] == 405 and window.get("/control")[0] == 404
    for path in ("/tap-start?customer=acme", "/tap-end?id=1", "/tap?id=1", "/config", "/errors", "/threads", "/kafka.json", "/reloads"):
        assert window.get(path)[0] == 404 and window.get(path, "POST")[0] == 405, path
    over_http = run(worker, "status", where=("--worker", f"127.0.0.1:{window.port}"))
    assert over_http.returncode == 0 and "acme" in over_http.stdout
    usual = run(worker, "status", where=("--",))
    assert usual.returncode == 1 and "name one by -c FILE or --worker HOST:PORT" in usual.stderr
    gone = run(worker, "status", where=("--socket", str(strict.folder / "other.sock")))
    assert gone.returncode == 1 and "other.sock" in gone.stderr


def test_the_socket_may_be_for_the_group_too(strict: StrictWorld):
    strict.customer("acme")
    path = strict.folder / "c.sock"
    worker = strict.start(control={"socket": str(path), "group": True})
    worker.socket = path
    assert worker.logged(msg="listening for control")[0]["mode"] == "0660"
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    assert run(worker, "status").returncode == 0


def test_a_bad_place_ends_the_start_and_check_config_says_why(strict: StrictWorld):
    strict.customer("acme")
    folder = strict.folder / "folder"
    (folder / "below").mkdir(parents=True)
    (strict.folder / "file").write_text("")
    cases = [("folder/c.sock", 0o777, "other users may write to folder"), ("folder/c.sock", 0o770, "other users may write"),
             ("folder/below/c.sock", 0o777, "other users may rename"), ("no/c.sock", 0o755, "no: No such file"),
             ("file", 0o755, "is no socket"), ("file/c.sock", 0o755, "is not a folder"),
             ("/tmp/operate-c.sock", 0o755, "folder /tmp ")]
    if os.getuid() == 0:
        cases.append(("foreign/c.sock", 0o755, "belongs to user 12345"))
        (strict.folder / "foreign").mkdir()
        os.chown(strict.folder / "foreign", 12345, 0)
    for path, mode, says in cases:
        folder.chmod(mode)
        worker = strict.start(control={"socket": str(strict.folder / path)})
        until(lambda w=worker: not w.running(), worker.tail)
        detail = worker.logged(msg="cannot start")[0]["detail"]
        assert says in detail, path
        checked = run(worker, "check-config", where=("-c", str(worker.conf)))
        assert f": warning: {detail} (a start here as this user fails)\n" in checked.stderr, (path, checked.stderr)
        assert "0 errors, 1 warnings" in checked.stderr and checked.returncode == 0, path
    folder.chmod(0o1777)
    worker = strict.start(control={"socket": str(folder / "below/c.sock")})
    worker.logged(msg="started")
    checked = run(worker, "check-config", where=("-c", str(worker.conf)))  # beside the running worker
    assert "0 errors, 0 warnings" in checked.stderr, checked.stderr


def test_a_refused_reload_says_which_key_needs_a_restart(strict: StrictWorld):
    strict.customer("acme")
    worker = start(strict, limits={"lanes": 4})
    worker.conf.write_text(worker.conf.read_text().replace("lanes = 4", "lanes = 5"))
    refused = run(worker, "control", "reload")
    assert refused.returncode == 1 and refused.stderr == (
        "refused: the configuration in use stays: cannot be changed while the worker runs: limits.lanes\n")
    worker.conf.write_text(worker.conf.read_text().replace("lanes = 5", "lanes = 4"))
    assert "applied" in command(worker, "reload")


def test_a_socket_without_a_worker_is_named(strict: StrictWorld):
    strict.customer("acme")
    worker = start(strict)
    worker.stop()
    absent = str(strict.folder / "absent.sock")
    for wanted in (("control", "reload"), ("tap", "acme"), ("status",),
                   ("diagnose", "--out", str(strict.folder / "none.tar.gz"))):
        done = run(worker, *wanted, where=("--socket", absent))
        assert done.returncode == 1, wanted
        assert done.stderr == f"{absent}: no worker answers there: No such file or directory\n", wanted
    left = socket.socket(socket.AF_UNIX)  # of a worker that was killed
    left.bind(absent)
    left.close()
    assert run(worker, "status", where=("--socket", absent)).stderr == (
        f"{absent}: no worker answers there: Connection refused\n")


def test_odd_parameters_are_refused(strict: StrictWorld):
    strict.customer("acme")
    worker = start(strict, metrics=LISTEN)
    window = Window(worker)
    for view in ("/", "/status.json", "/status.txt"):
        assert window.get(f"{view}?customer=&offset=0&limit=1&state=fresh")[0] == 200
        for odd in ("limit=0", "limit=", "limit", "state=", "foo=1", "state=fresh&state=paused", "offset=", "&".join(
                f"customer={n}" for n in range(30))):
            status, text, _ = window.get(f"{view}?{odd}")
            assert status == 400 and text, (view, odd)
    refused = run(worker, "status", "--limit", "0")
    assert refused.returncode == 1 and "limit is a number from 1 to 1000" in refused.stderr and not refused.stdout


def test_the_table_is_a_screen_that_q_ends(strict: StrictWorld):
    acme = strict.customer("acme")
    acme.put("a", generate(20, 1).text)
    for n in range(40):
        strict.customer(f"customer-{n:02}", queue=acme.queue, bucket=f"b-{n}")
    worker = start(strict)
    worker.logged(msg="object done", customer="acme")
    terminal = watch(worker, COLUMNS="120")
    terminal.shows("Is every customer fresh?", count=2)
    terminal.type("q")
    assert terminal.end() == 0
    text = terminal.text()
    assert text.startswith("\x1b[?1049h\x1b[?25l") and text.rstrip().endswith("\x1b[?1049l")
    screen = text.split("\x1b[H")[1]
    lines = screen.split("\n")
    assert len(lines) <= 24 and "more" in screen
    assert re.search(r"^CUSTOMER +STATE +CAUSE", screen.replace("\r", ""), re.M), screen
    assert all(len(CODES.sub("", line).replace("\r", "")) < 80 for line in lines)


def test_other_keys_draw_no_screen_of_watch(strict: StrictWorld):
    """A screen every 2 s, whatever is typed; script(1) sends a key at the start."""
    strict.customer("acme")
    worker = start(strict)
    began = time.monotonic()
    terminal = watch(worker)
    terminal.shows("q ends")
    terminal.type("xyz\x04\n" * 4)
    terminal.shows("\x1b[H", count=3)
    assert terminal.text().count("\x1b[H") <= 1 + (time.monotonic() - began) / 2
    terminal.type("q")
    assert terminal.end() == 0
    assert terminal.text().endswith("\x1b[?1049l")


def test_bad_clients_of_the_socket_do_not_keep_others_out(strict: StrictWorld):
    acme = strict.customer("acme")
    worker = start(strict)
    held = []
    for n in range(60):  # silent, slow, malformed, and one that does not read
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(5)
        try:
            s.connect(str(worker.socket))
            s.sendall((b"", b"GET /status.txt HTTP/1.1\r\nHo", b"\0" * 70000, b"GET /metrics HTTP/1.1\r\n\r\n" * 200)[n % 4])
        except OSError:
            pass
        held.append(s)
    until(lambda: run(worker, "status").returncode == 0, worker.tail, 40)
    acme.put("a", generate(20, 1).text)
    worker.logged(msg="object done", customer="acme")
    for s in held:
        s.close()
    assert run(worker, "status").returncode == 0


def test_it_answers_during_start_reload_and_stop(strict: StrictWorld):
    strict.customer("acme")
    path = strict.folder / "c.sock"
    worker = strict.start(control={"socket": str(path)})
    worker.socket = path
    stop, answers = threading.Event(), []

    def ask():
        while not stop.is_set():
            answers.append(run(worker, "status", "--json"))

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        worker.logged(msg="started")
        for _ in range(5):
            assert "applied" in command(worker, "reload")
        worker.stop()
    finally:
        stop.set()
        thread.join()
    good = [json.loads(a.stdout) for a in answers if a.returncode == 0]
    assert len(good) >= 3 and all(a["format"] == 1 for a in good)
    assert all(a.stderr for a in answers if a.returncode != 0)


def test_tap_shows_redacted_records_of_one_customer(strict: StrictWorld):
    acme, other = strict.customer("acme"), strict.customer("other")
    worker = start(strict)
    secret = "AKIA" + "Q3EXAMPLE7777777"
    shown = subprocess.Popen([str(binary()), "tap", "acme", "--rate", "1000", "--count", "30", "--socket",
                              str(worker.socket)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                             env={**clean_env(), "HOME": str(worker.home)})
    line = worker.logged(msg="tapped by an operator")[0]
    assert line["customer"] == "acme" and line["records"] == "events" and line["uid"] == str(os.getuid())
    planted = json.loads(generate(1, 9).text.splitlines()[0])
    planted["note"] = f"key {secret}"
    acme.put("a", json.dumps(planted).encode() + b"\n" + generate(100, 1).text)
    other.put("a", generate(100, 2).text)
    out, err = shown.communicate(timeout=60)
    records = [json.loads(text) for text in out.splitlines()]
    assert shown.returncode == 0 and len(records) == 30 and "30 shown" in err
    assert {r["ingest"]["customer"] for r in records} == {"acme"}
    assert secret not in out and "[REDACTED]" in out
    strict.settled()

    rejects = subprocess.Popen([str(binary()), "tap", "acme", "--rejects", "--where", "reason=bad_json", "--rate", "5/s",
                                "--count", "1", "--socket", str(worker.socket)], stdout=subprocess.PIPE, text=True,
                               env={**clean_env(), "HOME": str(worker.home)})
    worker.logged(msg="tapped by an operator", records="rejects", member="reason")
    acme.put("b", generate(10, 3).text + b"{broken\n")
    assert json.loads(rejects.communicate(timeout=60)[0])["reason"] == "bad_json"
    gone = run(worker, "tap", "unknown")
    assert gone.returncode == 1 and "no customer" in gone.stderr
    assert run(worker, "tap", "acme", "--rate", "0").returncode == 1


def test_a_tap_that_is_not_read_delays_nothing_and_ends(strict: StrictWorld):
    acme = strict.customer("acme")
    worker = start(strict)
    taps = [subprocess.Popen([str(binary()), "tap", "acme", "--rate", "1000", "--socket", str(worker.socket)],
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**clean_env(), "HOME": str(worker.home)})
            for _ in range(4)]
    worker.logged(msg="tapped by an operator", count=4)
    assert "other taps" in run(worker, "tap", "acme").stderr
    for n in range(3):
        acme.put(f"a{n}", generate(5000, n).text)
    worker.logged(msg="object done", count=3)
    for tap in taps:
        tap.kill()
        tap.wait()
        tap.stdout.close()
    until(lambda: "no customer" not in run(worker, "tap", "acme", "--count", "0", "--rate", "x").stderr, worker.tail)
    second = subprocess.Popen([str(binary()), "tap", "acme", "--socket", str(worker.socket)], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, env={**clean_env(), "HOME": str(worker.home)})
    try:
        until(lambda: len(worker.lines(msg="tapped by an operator")) == 5 or second.poll() is None, worker.tail)
    finally:
        second.terminate()
        second.wait()


def test_diagnose_has_no_secret_and_no_content(strict: StrictWorld):
    """Secrets are planted in the configuration, the environment and events; words in keys and texts of errors."""
    acme, denied = strict.customer("acme"), strict.customer("denied")
    planted = {"password": "hunter2-in-config", "env": "hunter3-in-environment",
               "event": "words-of-an-event", "key": "words-of-a-key", "error": "words-of-an-error",
               "sample": "words-of-a-line"}
    strict.fake.fault(service="sts", action="AssumeRole", params={"RoleArn": denied.settings["role_arn"]},
                      error={"code": "AccessDenied", "status": 403, "message": planted["error"]}, count=-1)
    acme.put(planted["key"], json.dumps({**json.loads(generate(1, 1).text.splitlines()[0]),
                                         "note": planted["event"]}).encode() + b"\n{" + planted["sample"].encode() + b"\n")
    acme.put(planted["key"] + "-unreadable", b"\x7fELF" + bytes(range(256)) * 8)
    denied.put(planted["key"], generate(3, 1).text)
    settings = strict.settings()
    properties = [*settings["kafka"]["properties"], f"ssl.key.password={planted['password']}",
                  "sasl.password=env:PLANTED", "statistics.interval.ms=200"]
    ops_topic = strict.kafka.create_topic(f"{strict.events_topic}-ops")
    worker = start(strict, kafka={"properties": properties, "ops_topic": ops_topic}, env={"PLANTED": planted["env"]})
    worker.logged(msg="object done", customer="acme")
    worker.logged(msg="object left", customer="acme")
    worker.logged(msg="customer paused")
    assert planted["error"] in worker.log.read_text() and planted["key"] in worker.log.read_text()
    def sent(kafka):
        """Records of the topic of events, of all partitions."""
        topics = (kafka["records"] or {}).get("topics", {})
        return sum(p["txmsgs"] for p in topics.get(strict.events_topic, {}).get("partitions", {}).values())

    until(lambda: kafka if sent(kafka := fetched(worker, "/kafka.json")) and kafka["ops_events"] else None, worker.tail)
    command(worker, "log-level", "info")
    out = strict.folder / "d.tar.gz"
    done = run(worker, "diagnose", "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    with tarfile.open(out) as tar:
        files = {pathlib.Path(m.name).name: tar.extractfile(m).read() for m in tar.getmembers()}
    manifest = dict(reversed(line.split("  ")) for line in files.pop("MANIFEST").decode().splitlines())
    assert manifest == {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    whole = b"\0".join(files.values()).decode()
    secrets = [*planted.values(), *strict.secrets(), *(v for k, v in KEYS.items() if "secret" in k)]
    assert [s for s in secrets if s in whole] == []
    assert "lane 1: " in files["threads.txt"].decode() and "asymptote_ingest_ready" in files["metrics.txt"].decode()
    assert f": {len(files) + 1} files, " in done.stdout  # and the MANIFEST
    errors = files["errors.txt"].decode()
    assert " msg=\"changed by an operator\" command=log-level to_level=info uid=" in errors
    assert 'msg="customer paused" customer=denied error=denied code=AccessDenied' in errors
    assert 'msg="object left" customer=acme' in errors and "object=" not in errors and "detail=" not in errors
    status_of = {c["customer"]: c for c in json.loads(files["status.json"])["customers"]}
    kafka = json.loads(files["kafka.json"])
    for producer in ("records", "ops_events"):
        assert kafka[producer]["type"] == "producer" and kafka[producer]["brokers"]
    assert sent(kafka) >= 1
    assert status_of["denied"]["error"] == {"class": "denied", "code": "AccessDenied"}
    assert "customers" in files["configuration.conf"].decode()

    again = run(worker, "diagnose", "--out", str(out))
    assert again.returncode == 1 and "exists" in again.stderr
    asked = run(worker, "diagnose", "--with-details", "--out", str(strict.folder / "e.tar.gz"))
    assert asked.returncode == 0
    with tarfile.open(strict.folder / "e.tar.gz") as tar:
        details = tar.extractfile("asymptote-ingest-diagnose/status-details.json").read().decode()
    assert planted["error"] in details


def test_documents_have_the_screens():
    text = (pathlib.Path(__file__).parents[1] / "docs/status.md").read_text()
    for word in ("CUSTOMER", "Is every customer fresh?", "control pause", "control drain", "tap acme --rejects", " shown, "):
        assert word in text

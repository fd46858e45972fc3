# SPDX-License-Identifier: Apache-2.0
"""The README's picture of the status page and the screens of docs/status.md are of this worker. Make them again, with two
minutes of load before:

    .venv/bin/python -m pytest -c integration/pytest.ini --rootdir . integration/test_screens.py --screens
"""
import hashlib
import re
import subprocess
import time

import pytest

from .parts import browser as browsers
from .parts.browser import Browser
from .parts.events import generate
from .parts.load import Load
from .parts.places import ROOT, binary
from .parts.png import reduced, text_of
from .parts.process import clean_env
from .parts.strict import StrictWorld
from .parts.terminal import screen
from .parts.wait import until
from .parts.window import LISTEN, Window
from .parts.worker import Worker

PICTURE = ROOT / "docs/status-page.png"
PAGE = ROOT / "docs/status.md"
IDS = ("acme", "stark", "wonka", "hooli", "globex", "initech", "umbrella", "tyrell")
WANT = {"globex": "paused", "initech": "late", "umbrella": "unreadable", "tyrell": "silent", "acme": "fresh",
        "stark": "fresh", "wonka": "fresh", "hooli": "fresh"}
COLUMNS, ROWS = 150, 20
USUAL = "/etc/asymptote-ingest/asymptote-ingest.conf"
COMMANDS = ("control pause acme", "status --state paused", "control resume acme", "control log-level warn", "control reload")
# What decides how the page looks: texts of the program, and the style.
TEXTS = ("src/monitor/page.c", "src/monitor/page_table.c", "src/monitor/status_advice.c")
STYLES = ("etc/page/page.css", "etc/page/icon.svg")


def template():
    """A hash of the page's texts and style, whatever else of these files changes."""
    made = hashlib.sha256()
    for name in TEXTS:
        code = "".join(line for line in (ROOT / name).read_text().splitlines(True) if not line.startswith("#include"))
        code = re.sub(r"/\*.*?\*/", "", code, flags=re.S)
        made.update("".join(re.findall(r'"((?:[^"\\\n]|\\.)*)"', code)).encode())
    for name in STYLES:
        made.update(re.sub(r"/\*.*?\*/", "", (ROOT / name).read_text(), flags=re.S).encode())
    return made.hexdigest()


def states(window):
    return {c["customer"]: c["state"] for c in window.status()["customers"]}


@pytest.fixture
def story(strict: StrictWorld, request):
    """A worker under load, with customers in several states, and names and errors for people."""
    made = {id: strict.customer(id, bucket=f"{id}-agent-events") for id in IDS}
    made["tyrell"].settings["cadence"] = "1s"
    role = made["globex"].settings["role_arn"]
    strict.fake.fault(service="sts", action="AssumeRole", params={"RoleArn": role}, error="AccessDenied", count=-1)
    strict.fake.fault(service="s3", action="GetObject", key=made["initech"].key("stuck"), error="InternalError", count=-1)
    settings = strict.settings(metrics=LISTEN, control={"socket": str(strict.folder / "c.sock")})
    strict.workers.append(Worker(strict.folder, settings, "ingest"))
    window = Window(strict.workers[-1])
    made["globex"].put("0", generate(20, 1).text)
    made["initech"].put("stuck", generate(20, 1).text)
    made["umbrella"].put("image", b"\x89PNG\r\n\x1a\n" + bytes(2000))

    def more(n):
        for i, id in enumerate(("acme", "stark", "wonka", "hooli", "umbrella")):
            if n % (i + 1) == 0:
                made[id].put(f"{n}", generate(40 + 13 * (n * (i + 3) % 17), n % 40).text)
    with Load(more, every=1):
        time.sleep(130 if request.config.getoption("--screens") else 0)
        until(lambda: states(window) == WANT, lambda: f"{states(window)}", 60, alive=window.worker)
        yield window


def worker_command(window, text):
    """The output of a command that is run beside the worker, as one writes it who has the usual socket."""
    folder = window.worker.conf.parent
    done = subprocess.run([binary(), *text.split(), "--socket", folder / "c.sock"], cwd=folder, capture_output=True, text=True,
                          timeout=60, env={**clean_env(), "HOME": str(window.worker.home)}, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    return done.stdout


def indented(lines):
    return "".join(f"    {line}".rstrip() + "\n" for line in lines)


def block(text, begin):
    """The block of a document that begins with this line, up to the next line that is not indented."""
    found = re.search(rf"^    {re.escape(begin)}.*\n(?:(?:    .*)?\n)*(?=\S)", text, re.M)
    assert found, begin
    return found.group()


def put_into(begin, lines):
    text = PAGE.read_text()
    PAGE.write_text(text.replace(block(text, begin), indented(lines) + "\n"))


def session(window):
    """A terminal in which COMMANDS were entered one after another."""
    return [line for text in COMMANDS for line in (f"$ asymptote-ingest {text}", *worker_command(window, text).rstrip().split("\n"))]


def watched(window):
    return screen([binary(), "status", "--watch", "--worker", f"127.0.0.1:{window.port}"], COLUMNS, ROWS,
                  {**clean_env(), "HOME": str(window.worker.home), "NO_COLOR": "1"})


def shape(lines):
    """What stays the same from one run to the next: heads without numbers, names with states, causes that time does not
    change, and which lines are empty."""
    told = []
    for line in lines:
        words = line.split()
        if words and words[0] in IDS:
            fixed = words[0] in ("globex", "umbrella", "tyrell")
            told.append((words[0], words[1], re.sub(r".*\d  ", "", line) if fixed else ""))
        else:
            plain = re.sub(r"\d{4}-\S+Z|[\d.]+ (?:s|min|B|[KM]iB)\b|\d+", "#", line.strip())
            told.append(plain.removesuffix(", the last one for #"))  # only if a message was on its way when the pause began
    return sorted(map(str, told))


def compare(begin, lines, put):
    """The block of the document that begins so with what was seen; or put that there."""
    if put:
        put_into(begin, lines)
    kept = block(PAGE.read_text(), begin).rstrip().split("\n")
    assert shape(kept) == shape(lines), "\n".join(lines)
    assert {line[4:] for line in kept if "CUSTOMER" in line} == {line for line in lines if "CUSTOMER" in line}


def test_the_screens_of_the_document_are_of_this_worker(story, tmp_path, request):
    again = request.config.getoption("--screens")
    compare("Is every customer fresh?", watched(story), again)
    if browsers.BINARY:
        picture = taken(story, tmp_path)
        if again:
            PICTURE.write_bytes(picture)
    compare("$ asymptote-ingest control pause acme", session(story), again)


def taken(window, folder):
    with Browser(folder) as browser:
        page = browser.page(width=1560, height=800)
        page.open(f"http://127.0.0.1:{window.port}/")
        page.run("document.querySelectorAll('.command').forEach(e => "  # the file as the package has it, not that of the test
                 f"e.textContent = e.textContent.replace('{window.worker.conf}', '{USUAL}'))")
        page.shot(folder / "page.png", whole=True)
        assert page.troubles == []
    made = reduced((folder / "page.png").read_bytes(), template=template())
    assert len(made) < 150_000 and text_of(made, "template") == template()
    return made


def test_the_picture_of_the_readme_is_of_this_page():
    assert "(docs/status-page.png)" in (ROOT / "README.md").read_text() and PICTURE.stat().st_size < 150_000
    assert text_of(PICTURE.read_bytes(), "template") == template(), "the page has changed: make its picture again (see above)"

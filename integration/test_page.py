# SPDX-License-Identifier: Apache-2.0
"""The page for people of a running worker: as text, and in Chromium, if scripts/install-deps browser brought it."""
import html
import http.client
import html.parser
import pathlib
import re
import time

import pytest

from .parts import browser as browsers
from .parts.browser import Browser
from .parts.events import generate
from .parts.places import ROOT
from .parts.png import reduced
from .parts.strict import StrictWorld
from .parts.wait import until
from .parts.window import LISTEN, Window

HOSTILE = """<script>alert(1)</script><img src=x onerror=alert(2)>"'&\x1b[31m\u202e"""
VOID = {"meta", "link", "input", "br", "path"}


class Reader(html.parser.HTMLParser):
    """The elements with their attributes; fails if they are not nested correctly."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.rows, self.cell, self.text = [], [], [], None, ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data
        if self.rows and ("td" in self.open or "th" in self.open):
            self.rows[-1][-1] += data


def _page(window, query=""):
    status, text, headers = window.get("/" + query)
    assert status == 200 and headers["Content-Type"] == "text/html; charset=utf-8"
    return Reader(text), text, headers


def _ids(page):
    return [row[0].strip() for row in page.rows[1:]]


def _states(page):
    return {row[0].strip(): row[1].strip() for row in page.rows[1:]}


@pytest.fixture
def window(strict: StrictWorld):
    """A worker with a customer in each state: the role of one is refused with markup, S3 of another fails, an
    object of a third is no format that is read."""
    made = {id: strict.customer(id) for id in ("healthy", "late", "paused", "unreadable")}
    made["silent"] = strict.customer("silent", cadence="1s")
    strict.fake.fault(service="sts", action="AssumeRole", params={"RoleArn": made["paused"].settings["role_arn"]},
                      error={"code": "AccessDenied", "status": 403, "message": HOSTILE.replace("\x1b", "?")}, count=-1)
    strict.fake.fault(service="s3", action="GetObject", key=made["late"].key("stuck"), error="InternalError", count=-1)
    for id, name in (("healthy", "a"), ("late", "stuck"), ("paused", "a")):
        made[id].put(name, generate(2000, 1).text)
    made["unreadable"].put("a", generate(20, 1).text)
    made["unreadable"].put("b", b"\x7fELF" + bytes(range(256)) * 8)
    window = Window(strict.start(metrics=LISTEN))
    window.strict, window.made = strict, made
    window.await_("delivery_lag_seconds_count", 1, customer="healthy")
    until(lambda: _states(_page(window)[0]) == {id: {"healthy": "fresh"}.get(id, id) for id in made},
          lambda: f"{_states(_page(window)[0])} {window.worker.tail()}", 60, alive=window.worker)
    return window


def test_the_page_answers_the_question_and_shows_each_customer_worst_first(window):
    page, text, headers = _page(window)
    assert "Is every customer fresh?" in page.text and "No: 4 of 5 are not." in page.text
    assert _ids(page) == ["paused", "late", "unreadable", "silent", "healthy"]
    paused = page.rows[1]
    assert "the role cannot be assumed; next try" in paused[-1] and "AccessDenied" in paused[-1]
    assert "asymptote-ingest verify" in paused[-1]
    assert page.rows[3][9].strip() == "1"  # left in the last hour
    assert page.rows[4][3].strip() == "-" and page.rows[5][5].strip().endswith("s")
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "*" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["Cache-Control"] == "no-store"


def test_markup_from_outside_is_text(window):
    _, text, _ = _page(window)
    assert "<script>alert" not in text and "<img" not in text and "\u202e" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=alert(2)&gt;&quot;&#39;&amp;" in text
    page, text, _ = _page(window, "?customer=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E")
    assert "<script>alert" not in text and "No customer is selected." in page.text
    assert window.get("/?state=%3Cscript%3E")[0] == 400 and window.get("/?limit=-1")[0] == 400
    assert [a for tag, a in page.elements if tag == "script"] == [{"src": "page.js", "defer": None}]
    assert not [a for _, a in page.elements if any(name.startswith("on") or name == "style" for name in a)]


def test_the_same_snapshot_is_in_status_json(window):
    page, _, _ = _page(window, "?state=unreadable")
    assert _ids(page) == ["unreadable"]
    status, text, _ = window.get("/status.json?state=unreadable")
    assert status == 200 and '"objects_left_lately":1' in text and "redrive" in text


def test_files_of_the_page_come_from_the_worker(window):
    for path, type in (("/page.css", "text/css"), ("/page.js", "text/javascript"), ("/icon.svg", "image/svg+xml")):
        status, text, headers = window.get(path)
        assert status == 200 and headers["Content-Type"].startswith(type) and len(text) > 200
        assert "http://" not in text.replace("http://www.w3.org/2000/svg", "") and "https://" not in text


def test_several_hundred_customers_have_pages(strict: StrictWorld):
    queue = strict.queue()
    for n in range(500):
        strict.customer(f"customer-{n:03}", queue=queue, bucket=f"shared-{n}")
    window = Window(strict.start(metrics=LISTEN))
    window.await_("ready", 1)
    seen, query = [], ""
    for _ in range(5):
        page, text, _ = _page(window, query)
        assert len(page.rows) == 101 and len(text) < 400_000
        seen += _ids(page)
        query = next((a["href"] for tag, a in page.elements if a.get("rel") == "next"), None)
    assert query is None and sorted(seen) == [f"customer-{n:03}" for n in range(500)]
    page, _, _ = _page(window, "?customer=customer-12")
    assert _ids(page) == [f"customer-12{n}" for n in range(10)] and "1 to 10 of 10" in page.text
    if browsers.BINARY:
        _look_at_many(strict.folder, window)


# ---- In Chromium ----

needs_browser = pytest.mark.skipif(browsers.BINARY is None or browsers.axe_text() is None,
                                   reason="scripts/install-deps browser")


def _shots(request_folder):
    kept = pathlib.Path(request_folder) / "shots"
    kept.mkdir(exist_ok=True)
    return kept


def _look_at_many(folder, window):
    with Browser(folder) as browser:
        page = browser.page()
        page.open(f"http://127.0.0.1:{window.port}/")
        page.shot(_shots(folder) / "many-light.png")
        page.run("document.getElementById('customer').focus()")
        page.type("customer-49")
        until(lambda: page.run("document.querySelectorAll('tbody tr').length") == 10, "it filters while one types")
        assert page.run("document.activeElement.id") == "customer"
        assert page.troubles == [] and page.hosts == {f"127.0.0.1:{window.port}"}
        phone = browser.page(width=390, height=844, scale=2)
        phone.open(f"http://127.0.0.1:{window.port}/")
        phone.shot(_shots(folder) / "many-phone.png")
        assert phone.run("document.documentElement.scrollWidth") <= 390


@needs_browser
def test_it_is_readable_and_usable_in_a_browser(window, tmp_path):
    address = f"http://127.0.0.1:{window.port}/"
    with Browser(tmp_path) as browser:
        for name, how in {"light": {}, "dark": {"dark": True}, "phone": {"width": 390, "height": 844, "scale": 2},
                          "phone-dark": {"width": 390, "height": 844, "scale": 2, "dark": True}}.items():
            page = browser.page(**how)
            page.open(address)
            assert page.violations() == [], name
            assert page.run("document.documentElement.scrollWidth") <= how.get("width", 1280), name
            page.shot(_shots(tmp_path) / f"{name}.png", whole=True)
            assert page.troubles == [], name
            assert page.hosts == {f"127.0.0.1:{window.port}"}
            assert {path for _, _, path in page.requests} <= {"/", "/page.css", "/page.js", "/icon.svg"}


def _under_load(strict, seconds):
    """Customers in several states, with names and errors for people; some write until the end."""
    ids = ("acme", "stark", "wonka", "hooli", "globex", "initech", "umbrella", "tyrell")
    made = {id: strict.customer(id, bucket=f"{id}-agent-events") for id in ids}
    made["tyrell"].settings["cadence"] = "1s"
    role = made["globex"].settings["role_arn"]
    strict.fake.fault(service="sts", action="AssumeRole", params={"RoleArn": role}, error="AccessDenied", count=-1)
    strict.fake.fault(service="s3", action="GetObject", key=made["initech"].key("stuck"), error="InternalError", count=-1)
    window = Window(strict.start(metrics=LISTEN))
    made["globex"].put("0", generate(20, 1).text)
    made["initech"].put("stuck", generate(20, 1).text)
    made["umbrella"].put("image", b"\x89PNG\r\n\x1a\n" + bytes(2000))
    end, n = time.monotonic() + seconds, 0
    while n == 0 or time.monotonic() < end:
        for i, id in enumerate(("acme", "stark", "wonka", "hooli", "umbrella")):
            if n % (i + 1) == 0:
                made[id].put(f"{n}", generate(40 + 13 * (n * (i + 3) % 17), n).text)
        n += 1
        time.sleep(1)
    return window


@needs_browser
def test_the_picture_of_the_readme_is_of_this_page(strict: StrictWorld, tmp_path, request):
    kept = request.config.getoption("--picture")
    window = _under_load(strict, 130 if kept else 0)
    want = {"globex": "paused", "initech": "late", "umbrella": "unreadable", "tyrell": "silent", "acme": "fresh",
            "stark": "fresh", "wonka": "fresh", "hooli": "fresh"}
    until(lambda: _states(_page(window)[0]) == want, lambda: f"{_states(_page(window)[0])}", 60, alive=window.worker)
    picture = pathlib.Path(kept) if kept else tmp_path / "status-page.png"
    with Browser(tmp_path) as browser:
        page = browser.page(width=1560, height=800)
        page.open(f"http://127.0.0.1:{window.port}/")
        page.shot(picture)
        assert page.troubles == []
    picture.write_bytes(reduced(picture.read_bytes()))
    assert picture.stat().st_size < 150_000
    place = ROOT / "docs/status-page.png"
    assert place.stat().st_size < 150_000 and "(docs/status-page.png)" in (ROOT / "README.md").read_text()


@needs_browser
def test_it_refreshes_and_keeps_where_one_is(window, tmp_path):
    with Browser(tmp_path) as browser:
        page = browser.page()
        page.open(f"http://127.0.0.1:{window.port}/")
        page.run("document.getElementById('state-fresh').focus(), window.mark = 1")
        before = page.run("document.getElementById('clock').textContent")
        until(lambda: page.run("document.getElementById('clock').textContent") != before, "it refreshes", 30)
        assert page.run("window.mark") == 1 and page.run("document.activeElement.id") == "state-fresh"
        page.run("document.getElementById('hold').click()")
        assert page.run("document.getElementById('hold').getAttribute('aria-pressed')") == "true"
        page.run("document.getElementById('hold').click()")
        window.worker.kill()
        until(lambda: "does not answer" in page.run("document.getElementById('stale').textContent"), "says it", 30)
        assert not page.run("document.getElementById('stale').hidden")


@needs_browser
def test_it_is_complete_without_a_script_and_with_the_keyboard(window, tmp_path):
    with Browser(tmp_path) as browser:
        page = browser.page(script=False)
        page.open(f"http://127.0.0.1:{window.port}/?state=paused")
        page.shot(_shots(tmp_path) / "no-script.png")
        page.call("Emulation.setScriptExecutionDisabled", value=False)
        assert page.run("document.querySelectorAll('tbody tr').length") == 1
        assert page.run("getComputedStyle(document.getElementById('hold')).display") == "none"
        page = browser.page()
        page.open(f"http://127.0.0.1:{window.port}/")
        reached = []
        for _ in range(30):
            page.key("Tab", 9)
            reached.append(page.run("document.activeElement.id || document.activeElement.className"))
        assert "skip" in reached and "customer" in reached and "customers" in reached and "hold" in reached
        assert {f"state-{name}" for name in ("", "paused", "late", "unreadable", "incomplete", "silent", "far_above", "not_yet", "backfilling", "fresh")} <= set(reached)


def test_a_parameter_is_the_only_thing_that_a_request_decides(window):
    """Other methods, long targets and heads, and names below the page are refused."""
    for method, path, want in (("POST", "/", 405), ("PUT", "/page.css", 405), ("GET", "/page.css/", 404),
                               ("GET", "/../etc/passwd", 404), ("GET", "/page.cs", 404)):
        assert window.get(path, method)[0] == want, (method, path)
    connection = http.client.HTTPConnection("127.0.0.1", window.port, timeout=30)
    connection.request("GET", "/?customer=" + "a" * 40_000)
    assert connection.getresponse().status in (400, 413, 414, 431)
    assert re.search("fresh", html.unescape(_page(window)[1]))

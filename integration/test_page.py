# SPDX-License-Identifier: Apache-2.0
"""The page for people of a running worker: as text, and in Chromium, if scripts/install-deps browser brought it."""
import contextlib
import html
import http.client
import html.parser
import pathlib
import re

import pytest

from integration.fakeaws.admin import policy

from .parts import browser as browsers
from .parts.browser import Browser
from .parts.events import generate
from .parts.load import Load, kept_waiting
from .parts.strict import StrictWorld
from .parts.wait import until
from .parts.window import LISTEN, Window

HOSTILE = """<script>alert(1)</script><img src=x onerror=alert(2)>"'&\x1b[31m\u202e"""
HOSTILE_KEY = "<img src=x onerror=alert(3)>\"'&\u202e.jsonl"
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


def _in_trouble(strict, paused, late, unreadable):
    """The role of the first is refused with markup. The bucket of the second denies an object whose key has markup, with
    AWS's text, which has the key. An object of the third is no format that is read."""
    strict.fake.fault(service="sts", action="AssumeRole", params={"RoleArn": paused.settings["role_arn"]},
                      error={"code": "AccessDenied", "status": 403, "message": HOSTILE.replace("\x1b", "?")}, count=-1)
    strict.fake.change_bucket(late.bucket, policy=policy(
        {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{late.bucket}/{late.prefix}/<*"}))
    paused.put("a", generate(20, 1).text)
    late.put(HOSTILE_KEY, generate(20, 1).text)
    unreadable.put("a", generate(20, 1).text)
    unreadable.put("b", b"\x7fELF" + bytes(range(256)) * 8)


@contextlib.contextmanager
def _busy(window, *customers):
    """The worker has work all the time: objects of these customers. It has done some of it at the end."""
    done = window.value("objects_total", outcome="done") or 0
    with Load(kept_waiting(customers, generate(2000, 1).text)):
        window.await_("objects_total", done + 5, outcome="done")
        yield
        more = window.value("objects_total", outcome="done")
        window.await_("objects_total", more + 5, outcome="done")


@pytest.fixture
def window(strict: StrictWorld):
    """A worker with a customer in each state."""
    made = {id: strict.customer(id) for id in ("healthy", "late", "paused", "unreadable")}
    made["silent"] = strict.customer("silent", cadence="1s")
    _in_trouble(strict, made["paused"], made["late"], made["unreadable"])
    made["healthy"].put("a", generate(2000, 1).text)
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
    assert "&lt;img src=x onerror=alert(3)&gt;&quot;&#39;&amp;" in text and ".jsonl" in text
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
    window, _ = _many(strict)
    seen, query = [], ""
    for _ in range(5):
        page, text, _ = _page(window, query)
        assert len(page.rows) == 101 and len(text) < 400_000
        seen += _ids(page)
        query = next((a["href"] for tag, a in page.elements if a.get("rel") == "next"), None)
    assert query is None and sorted(seen) == [f"customer-{n:03}" for n in range(500)]
    page, _, _ = _page(window, "?customer=customer-12")
    assert _ids(page) == [f"customer-12{n}" for n in range(10)] and "1 to 10 of 10" in page.text


def _many(strict, **settings):
    """500 customers of one queue. settings: of single ones by their number, as n7={"cadence": "1s"}"""
    queue = strict.queue()
    made = [strict.customer(f"customer-{n:03}", queue=queue, bucket=f"shared-{n}", **settings.get(f"n{n}", {}))
            for n in range(500)]
    window = Window(strict.start(metrics=LISTEN))
    window.await_("ready", 1)
    return window, made


# ---- In Chromium ----

needs_browser = pytest.mark.skipif(browsers.BINARY is None or browsers.axe_text() is None,
                                   reason="scripts/install-deps browser")
PHONE = {"width": 390, "height": 844, "scale": 2}
MODES = {"light": {}, "dark": {"dark": True}, "phone": PHONE, "phone-dark": {**PHONE, "dark": True}}


def _shots(request_folder):
    kept = pathlib.Path(request_folder) / "shots"
    kept.mkdir(exist_ok=True)
    return kept


def _asked_only(page, window):
    """It asked only the worker, and nothing in it went wrong."""
    assert page.troubles == []
    assert page.hosts == {f"127.0.0.1:{window.port}"}
    assert {path for _, _, path in page.requests} <= {"/", "/page.css", "/page.js", "/icon.svg"}


def _look(browser, window, name, whole=False):
    """The page in one of MODES, whose picture is kept as NAME-MODE.png: accessible, not too wide, without trouble."""
    for mode, how in MODES.items():
        page = browser.page(**how)
        page.open(f"http://127.0.0.1:{window.port}/")
        page.run("document.getElementById('hold').click()")  # axe wants a page that stays
        assert page.violations() == [], mode
        assert page.run("document.documentElement.scrollWidth") <= how.get("width", 1280), mode
        assert page.run("document.querySelectorAll('img, iframe, script:not([src=\"page.js\"])').length") == 0
        page.shot(_shots(browser.folder) / f"{name}-{mode}.png", whole=whole)
        _asked_only(page, window)


@needs_browser
def test_it_is_readable_and_accessible_under_load(window, tmp_path):
    with Browser(tmp_path) as browser, _busy(window, window.made["healthy"], window.made["unreadable"]):
        _look(browser, window, "five", whole=True)
    assert _ids(_page(window)[0]) == ["paused", "late", "unreadable", "silent", "healthy"]


@needs_browser
def test_it_is_readable_and_usable_with_500_customers_under_load(strict: StrictWorld, tmp_path):
    window, made = _many(strict, n333={"cadence": "1s"})
    _in_trouble(strict, made[7], made[111], made[222])
    want = {"customer-007": "paused", "customer-111": "late", "customer-222": "unreadable", "customer-333": "silent"}
    with Browser(tmp_path) as browser, _busy(window, *made[490:]):
        until(lambda: want.items() <= _states(_page(window)[0]).items(), lambda: f"{window.worker.tail()}", 60)
        assert _ids(_page(window)[0])[:4] == list(want)
        _look(browser, window, "many")
        page = browser.page()
        page.open(f"http://127.0.0.1:{window.port}/")
        page.run("document.getElementById('customer').focus()")
        page.type("customer-49")
        until(lambda: page.run("document.querySelectorAll('tbody tr').length") == 10, "it filters while one types")
        assert page.run("document.activeElement.id") == "customer"
        _asked_only(page, window)


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
        _asked_only(page, window)
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

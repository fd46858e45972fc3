# SPDX-License-Identifier: Apache-2.0
"""Chromium without a window, driven over a pipe by the DevTools protocol, without a package for it.

    with Browser(folder) as browser:
        page = browser.page(width=390, height=844, dark=True)
        page.open("http://127.0.0.1:9464/")
        page.run("document.title")
        page.shot(folder / "phone.png")
        assert page.troubles == [] and page.hosts == {"127.0.0.1:9464"}
"""
import base64
import json
import os
import pathlib
import select
import shutil
import subprocess
import time
import urllib.parse
import zipfile

BINARY = shutil.which("chromium")
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "asymptote-ingest"
QUIET = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--mute-audio",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
         "--disable-features=Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider",
         "--hide-scrollbars", "--remote-debugging-pipe")


def axe_text():
    """axe-core, which scripts/install-deps browser brings. None: it is not there."""
    for wheel in sorted(CACHE.glob("axe/axe_playwright_python-*.whl")):
        return zipfile.ZipFile(wheel).read("axe_playwright_python/axe.min.js").decode()
    return None


class Browser:
    def __init__(self, folder):
        self.folder, self.next, self.events, self.pages = pathlib.Path(folder), 0, [], {}

    def __enter__(self):
        ours, theirs = os.pipe(), os.pipe()  # commands, answers

        self.process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{ours[0]} 4>&{theirs[1]}', "bash", BINARY, *QUIET,
             f"--user-data-dir={self.folder}/profile", "about:blank"], pass_fds=(ours[0], theirs[1]),
            stdout=subprocess.DEVNULL, stderr=open(self.folder / "chromium.log", "wb"),
            env={**os.environ, "HOME": str(self.folder), "no_proxy": "127.0.0.1", "http_proxy": "", "https_proxy": ""})
        os.close(ours[0])
        os.close(theirs[1])
        self.out, self.back, self.buffer = ours[1], theirs[0], b""
        return self

    def __exit__(self, *_):
        os.close(self.out)
        self.process.terminate()
        self.process.wait(20)
        os.close(self.back)

    def _read(self, end):
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.back], [], [], max(0, end - time.monotonic()))
            if not ready:
                raise TimeoutError("Chromium does not answer")
            got = os.read(self.back, 1 << 20)
            if not got:
                raise EOFError(f"Chromium ended: {(self.folder / 'chromium.log').read_text()[-2000:]}")
            self.buffer += got
        text, _, self.buffer = self.buffer.partition(b"\0")
        told = json.loads(text)
        if "method" in told and told.get("sessionId") in self.pages:
            self.pages[told["sessionId"]].told(told["method"], told["params"])
        return told

    def call(self, method, session=None, seconds=60, **params):
        self.next += 1
        mine = self.next
        text = {"id": mine, "method": method, "params": params, **({"sessionId": session} if session else {})}
        os.write(self.out, json.dumps(text).encode() + b"\0")
        end = time.monotonic() + seconds
        while True:
            told = self._read(end)
            if told.get("id") == mine:
                assert "error" not in told, (method, told)
                return told["result"]

    def page(self, width=1280, height=900, dark=False, script=True, scale=1):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = self.pages[session] = Page(self, session)
        for name in ("Page", "Network", "Runtime", "Log"):
            page.call(f"{name}.enable")
        page.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale,
                  mobile=width < 600)
        page.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        if not script:
            page.call("Emulation.setScriptExecutionDisabled", value=True)
        return page


class Page:
    """troubles: errors of the console and exceptions; requests: (host, path) of all that it asked for."""

    def __init__(self, browser, session):
        self.browser, self.session = browser, session
        self.troubles, self.requests, self.loaded = [], [], False

    def call(self, method, **params):
        return self.browser.call(method, session=self.session, **params)

    def told(self, method, params):
        if method == "Network.requestWillBeSent":
            place = urllib.parse.urlsplit(params["request"]["url"])
            self.requests.append((place.scheme, place.netloc, place.path))
        elif method == "Runtime.exceptionThrown":
            self.troubles.append(params["exceptionDetails"])
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.troubles.append(params["entry"])
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
            self.troubles.append(params)
        elif method == "Page.loadEventFired":
            self.loaded = True
        elif method == "Page.javascriptDialogOpening":  # the page waits for its answer, so nothing else would come
            raise AssertionError(f"the page shows a dialog: {params}")

    @property
    def hosts(self):
        return {host for scheme, host, _ in self.requests if scheme not in ("data", "about")}

    def open(self, url, seconds=60):
        self.loaded = False
        self.call("Page.navigate", url=url)
        end = time.monotonic() + seconds
        while not self.loaded:
            self.browser._read(end)

    def run(self, expression):
        """The value of an expression, of a promise its result. The policy of the page does not apply to it."""
        told = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")

    def key(self, name, code):
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code)

    def type(self, text):
        self.call("Input.insertText", text=text)

    def shot(self, path, whole=False):
        told = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        pathlib.Path(path).write_bytes(base64.b64decode(told["data"]))

    def violations(self):
        """What axe-core finds against WCAG 2.2 AA and its best practices: [(rule, element)]."""
        self.run(axe_text() + "; 0")
        told = self.run("axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map(v => "
                        "[v.id, v.help, v.nodes.map(n => n.html.slice(0, 200) + ' ' + n.failureSummary)]))")
        return told

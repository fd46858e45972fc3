# SPDX-License-Identifier: Apache-2.0
"""Each expression of the Grafana dashboard is evaluated by promtool on pages that a worker served."""
import json
import re
import subprocess

import yaml
from grafana_foundation_sdk.models import dashboard as types

from .parts.events import generate
from .parts.places import ROOT, checkers
from .parts.strict import StrictWorld
from .parts.wait import until
from .parts.window import LISTEN, Window
from .test_alerts import BEFORE_MIN, Pages

DASHBOARD = json.loads((ROOT / "deploy/grafana/asymptote-ingest.json").read_text())
VARIABLES = {"$__rate_interval": "5m", "$customer": ".*", "$queue": ".*", "$datasource": "prometheus"}


def panels(dashboard):
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", [])


def expressions():
    """{expression without Grafana's variables: panel's title}"""
    found = {}
    for panel in panels(DASHBOARD):
        for target in panel.get("targets", []):
            text = target["expr"]
            for name, value in VARIABLES.items():
                text = text.replace(name, value)
            assert "$" not in text, text
            found[text] = panel["title"]
    return found


def promtool(folder, *arguments):
    done = subprocess.run([checkers() / "promtool", *arguments], cwd=folder, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_variables_ids_and_places_fit():
    names = {v["name"] for v in DASHBOARD["templating"]["list"]}
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(DASHBOARD))) - {"__rate_interval", "__all"}
    assert used <= names, used - names
    ids = [p["id"] for p in panels(DASHBOARD)]
    assert len(ids) == len(set(ids))
    taken = {}
    for p in panels(DASHBOARD):
        at = p["gridPos"]
        assert at["x"] + at["w"] <= 24, p["title"]
        for cell in ((x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])):
            assert cell not in taken, (p["title"], taken[cell])
            taken[cell] = p["title"]


def test_each_expression_has_a_value_on_the_pages_of_a_worker(strict: StrictWorld, tmp_path):
    acme = strict.customer("acme", cadence="1h", daily_volume="1GB")
    strict.customer("dead", queue=acme.queue, bucket="dead-bucket")
    window = Window(strict.start(metrics=LISTEN))
    acme.put("a", generate(50, 1).text)
    window.await_("messages_deleted_total", 1)
    pages = Pages(window)
    acme.put("b", generate(20, 3).text + b"{\n")
    acme.put("c", b"\x89PNG\r\n\x1a\n" + bytes(2000))
    window.await_("messages_deleted_total", 2)
    until(lambda: window.value("objects_total", outcome="left"), "an object is left", 30)
    until(lambda: window.value("dead_letters", queue=acme.queue.name) is not None, "they are counted", 60)
    series, asked = list(pages.series(pages.scrape(), 10)), expressions()
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": [
        {"record": f"panel:{n}", "expr": e} for n, e in enumerate(asked)]}]}, width=10000))
    code, out = promtool(tmp_path, "check", "rules", "rules.yml")
    assert code == 0 and f"{len(asked)} rules found" in out, out

    # promtool tells each result that is not the one wanted; a wanted one that no expression has makes it tell all.
    (tmp_path / "test.yml").write_text(yaml.safe_dump({
        "rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": [{
            "interval": "1m", "input_series": series, "promql_expr_test": [
                {"expr": f"count(panel:{n}) * 0 + {n}", "eval_time": f"{BEFORE_MIN + 10}m", "exp_samples": []}
                for n in range(len(asked))]}]}, width=10000))
    code, out = promtool(tmp_path, "test", "rules", "test.yml")
    shown = {int(float(n)) for n in re.findall(r'got:\s*"?\{\} ([0-9.E+]+)', out)}
    empty = {title for n, title in enumerate(asked.values()) if n not in shown}
    print(f"\n{len(asked)} expressions, {len(empty)} without a value here: {sorted(empty)}")
    # Verified only with verify.require_verified, three with reconcile.interval; the expiry of a user's key is infinite,
    # which sample_lines leaves out.
    assert code == 1 and empty == {"Verified", "Worker credentials expiry", "Reconcile missing", "Reconcile failing",
                                   "Reconciled, how long ago"}, (empty, out[-2000:])


def test_grafana_s_own_types_have_every_member_of_the_dashboard():
    """What the types of Grafana's SDK do not know is dropped by them."""
    made = json.loads(json.dumps(DASHBOARD))

    def lost(given, kept):
        if isinstance(given, dict):
            return any(name not in kept or lost(value, kept[name]) for name, value in given.items())
        if isinstance(given, list):
            return len(given) != len(kept) or any(map(lost, given, kept))
        return given != kept

    def through_types(given):
        return json.loads(json.dumps(types.Dashboard.from_json(given).to_json(), default=lambda o: o.to_json()))
    assert not lost(made, through_types(made))
    made["panels"][1]["gridPosition"] = made["panels"][1].pop("gridPos")
    assert lost(made, through_types(made))

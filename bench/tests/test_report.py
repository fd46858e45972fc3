# SPDX-License-Identifier: Apache-2.0
"""Documents contain the measured values: tables come only from results.json."""
import json

import pytest

from bench import fill, prices, report


def part(**series):
    run = {"cpu_s": 8.0, "wall_s": 2.0, "records": 10, "objects": 100, "bytes": 10**9, "peak_rss": 2**20}
    return {"title": "title", "notes": {}, "series": {name: [{**run, **more}] for name, more in series.items()}}


def results(**workloads):
    return {"workloads": workloads}


@pytest.mark.parametrize("document", fill.DOCUMENTS, ids=lambda d: d.name)
def test_the_documents_are_what_the_results_give(document):
    text = document.read_text()
    assert fill.MARKED.search(text)
    assert fill.filled(text, json.loads(fill.RESULTS.read_text())) == text, "run bench/fill"


def test_results_md_is_what_the_results_give():
    found = json.loads(fill.RESULTS.read_text())
    assert (fill.RESULTS.parent / "RESULTS.md").read_text() == "\n".join(report.sections(found))


def test_tables_go_between_their_markers_and_stay_there():
    text = "a\n<!-- figures: W2 -->\nold\n<!-- end of figures -->\nb <!-- figures: W3 -->\n<!-- end of figures -->\n"
    once = fill.filled(text, results(W2=part(worker={})))
    assert "old" not in once and "| worker | 8.00 | 500 | 50 |" in once and "Not measured yet." in once
    assert once.startswith("a\n") and fill.filled(once, results(W2=part(worker={}))) == once


def test_a_marker_that_nobody_fills_is_told():
    with pytest.raises(SystemExit, match="W99"):
        fill.filled("<!-- figures: W99 -->\n<!-- end of figures -->", results())


def test_the_cost_of_a_terabyte_is_the_formula_of_the_document():
    c = prices.cost_per_tb(3.6, 10**7, "c6i.large", used=0.5)
    assert c.compute == pytest.approx(3.6 * 1000 / 3600 * 0.0850 / 2 / 0.5)  # price of a vCPU hour, half used
    assert c.gets == pytest.approx(100_000 * 0.0004 / 1000)
    assert c.sqs == pytest.approx(100_000 * 1.2 * 0.40 / 1e6)
    assert c.whole == pytest.approx(c.compute + c.gets + c.sqs)


def test_costs_are_of_the_figures_with_tls():
    table = report.cost_table(results(W7=part(**{"big": {}, "big, TLS": {"cpu_s": 9.0}, "small, TLS": {"cpu_s": 30.0}})))
    assert "| 9.00 | c6i.large |" in table and "| 30.00 | c6i.large |" in table and "| 8.00 |" not in table


def test_a_busy_machine_and_a_trial_are_told():
    facts = {"machine": {"cpu": "x", "cores": 2, "memory_gib": 4, "kernel": "6", "virtual": True, "system": "s"},
             "versions": dict.fromkeys(("worker", "libraries", "compiler", "kafka", "python"), "v"), "scale": 1}
    told = {"facts": facts, "commit": "c", "date": "d", "repeats": 3, "workloads": {"W1": {**part(), "load_before": 0.3}, "W2": part()}}
    assert "other work" not in "\n".join(report.described(told)) and "trial" not in "\n".join(report.described(told))
    told["workloads"]["W2"]["load_before"] = 1.5
    told.update(facts={**facts, "scale": 0.1})
    assert "other work before W2 (load 1.5)" in "\n".join(report.described(told)) and "trial" in "\n".join(report.described(told))

# SPDX-License-Identifier: Apache-2.0
"""bench/fill: inserts the tables of bench/results.json between the markers of docs/performance.md and README.md.

    <!-- figures: goals -->  ...  <!-- end of figures -->

No figure of a document is typed by hand. --check changes nothing and fails if one is outdated.
"""
import json
import re
import sys

from integration.parts.places import ROOT

from . import report

DOCUMENTS, RESULTS = (ROOT / "docs/performance.md", ROOT / "README.md"), ROOT / "bench/results.json"
MARKED = re.compile(r"(<!-- figures: ([^ ]+) -->\n).*?(<!-- end of figures -->)", re.S)


def table(name, results):
    workloads = results["workloads"]
    try:
        if name == "machine":
            return "\n".join(report.described(results))
        if name == "goals":
            return report.goals_table(workloads)
        if name == "README":
            return report.readme_table(workloads)
        if name == "profile":
            return report.profile_table(results)
        if name == "cost":
            return report.cost_table(results)
        if name == "W1-ratios":
            return report.ratio_table(workloads["W1"])
        if name == "W10-arithmetic":
            return report.arithmetic_table(workloads["W10"])
        return report.series_table(workloads[name])
    except KeyError as missing:
        if name not in report.TABLES and name not in report.WORKLOADS:
            raise SystemExit(f"bench/fill: no table '{name}'") from missing
        return "Not measured yet."


def filled(text, results):
    return MARKED.sub(lambda m: f"{m[1]}\n{table(m[2], results)}\n\n{m[3]}", text)


def main():
    results = json.loads(RESULTS.read_text())
    for document in DOCUMENTS:
        text = document.read_text()
        new = filled(text, results)
        if "--check" in sys.argv[1:] and new != text:
            sys.exit(f"{document.name} is not what bench/results.json gives: bench/fill")
        document.write_text(new)


if __name__ == "__main__":
    main()

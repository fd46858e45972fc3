# SPDX-License-Identifier: Apache-2.0
"""Results on disk, one file per workload, written after every run, so that no result is lost.

    {"facts": {...}, "title": "...", "series": {"worker": [run, run, ...], ...}, "notes": {...}}

facts: what must be equal for two runs to be comparable. A file with other facts is ignored.
"""
import json


class Store:
    def __init__(self, folder, facts):
        self.folder, self.facts = folder, facts
        folder.mkdir(parents=True, exist_ok=True)

    def _path(self, name):
        return self.folder / f"{name}.json"

    def load(self, name):
        """The results of the workload with the same facts, or None."""
        try:
            got = json.loads(self._path(name).read_text())
        except (FileNotFoundError, ValueError):
            return None
        return got if got["facts"] == self.facts else None

    def begin(self, name, title, resume, load=0):
        """load: of the host now; the maximum over the starts of a workload is kept."""
        kept = self.load(name) if resume else None
        part = Part(self, name, kept or {"facts": self.facts, "title": title, "series": {}, "notes": {}})
        part.content["load_before"] = max(load, part.content.get("load_before", 0))
        if kept:
            part.save()
        return part

    def save(self, name, content):
        partial = self.folder / f"{name}.json.part"
        partial.write_text(json.dumps(content, indent=1) + "\n")
        partial.rename(self._path(name))


class Part:
    """The growing results of a workload."""

    def __init__(self, store, name, content):
        self.store, self.name, self.content = store, name, content

    def runs(self, series):
        return self.content["series"].get(series, [])

    def add(self, series, run):
        self.content["series"].setdefault(series, []).append(run)
        self.save()

    def note(self, series, **notes):
        """Add a parameter to the series, which is not a measured value."""
        self.content["notes"].setdefault(series, {}).update(notes)
        self.save()

    def save(self):
        self.store.save(self.name, self.content)

# SPDX-License-Identifier: Apache-2.0
"""Checks the includes of src/ and include/ against tests/layers.txt (see tests/layers.sh)."""
import pathlib
import re
import sys

INCLUDE = re.compile(r'^#include "([^"]*)"', re.M)


def rules(path):
    """ROOM: what its files may include in addition to its own: rooms or single headers."""
    allowed = {}
    for line in path.read_text().splitlines():
        line = line.partition("#")[0].strip()
        if line:
            room, _, others = line.partition(":")
            allowed[room.strip()] = set(others.split())
    return allowed


def room_of(path):
    return str(path.parent.relative_to(path.parts[0]))


def complaints(allowed, path, text):
    room = room_of(path)
    if room not in allowed:
        yield f"{room} is no room of tests/layers.txt"
        return
    for name in INCLUDE.findall(text):
        if "/" not in name:
            if not name.endswith("_priv.h"):
                yield f'"{name}": name the room, or call a private header x_priv.h'
            elif not (path.parent / name).is_file():
                yield f'"{name}" is private to another room'
            continue
        other = name.rpartition("/")[0]
        if other not in allowed:
            yield f'"{name}": no such room'
        elif other != room and other not in allowed[room] and name not in allowed[room]:
            yield f"{room} must not include {name}"


def unit(path):
    """A header and its source are one unit: src/codec/url.c and include/codec/url.h."""
    return re.sub(r"_priv$", "", str(path.relative_to(path.parts[0]).with_suffix("")))


def graph(texts):
    """Units, and the units that each includes."""
    edges = {}
    for path, text in texts.items():
        mine = edges.setdefault(unit(path), set())
        for name in INCLUDE.findall(text):
            other = name if "/" in name else f"{room_of(path)}/{name}"
            mine.add(re.sub(r"(_priv)?\.h$", "", other))
    return edges


def cycles(edges):
    """Strongly connected sets of more than one unit (Tarjan, 1972)."""
    index, low, stack, found = {}, {}, [], []

    def visit(v):
        index[v] = low[v] = len(index)
        stack.append(v)
        for w in sorted(edges.get(v, ())):
            if w not in index:
                visit(w)
                low[v] = min(low[v], low[w])
            elif w in stack:
                low[v] = min(low[v], index[w])
        if low[v] == index[v]:
            part = stack[stack.index(v):]
            del stack[stack.index(v):]
            if len(part) > 1:
                found.append(sorted(part))

    sys.setrecursionlimit(10000)
    for v in sorted(edges):
        if v not in index:
            visit(v)
    return found


def known_cycles(path):
    """Lines "unit unit ...  # reason"."""
    lines = path.read_text().splitlines() if path.exists() else []
    return {" ".join(sorted(l.partition("#")[0].split())) for l in lines if l.partition("#")[0].strip()}


def main():
    allowed = rules(pathlib.Path("tests/layers.txt"))
    bad = 0
    texts = {}
    for folder in ("src", "include"):
        for path in sorted(pathlib.Path(folder).rglob("*")):
            if path.suffix in (".c", ".h", ".cpp") and str(path) != "src/main.c":
                texts[path] = path.read_text()
    for path, text in texts.items():
        for complaint in complaints(allowed, path, text):
            print(f"{path}: {complaint}")
            bad = 1
    known = known_cycles(pathlib.Path("tests/cycles.txt"))
    found = {" ".join(part) for part in cycles(graph(texts))}
    for cycle in sorted(found - known):
        print(f"cycle: {cycle}")
        bad = 1
    for cycle in sorted(known - found):
        print(f"tests/cycles.txt: this is no cycle any more: {cycle}")
        bad = 1
    return bad


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: Apache-2.0
"""The objects that are uploaded, and the ids that are expected.

Objects are parts of one seeded stream of events. Some keys are overwritten with more lines at their
end, as cloud log services do: then the lines of the last version must arrive, and those of earlier
ones may.
"""
import gzip
import random
import subprocess
import sys

from tests.reference.identity import object_ids

from ..parts.places import ROOT

OVERWRITTEN = 0.1  # share of objects that are overwritten
BAD_LINES = 0.1    # share of objects with a line that is not JSON


class Load:
    def __init__(self, seed, customers):
        self.rng = random.Random(seed)
        self.customers = customers
        self.objects = {}  # (customer, key) -> texts of its versions, in order
        self.rejects = 0
        self._stream = subprocess.Popen([sys.executable, ROOT / "tests/tools/gen_events.py", "--seed", str(seed), "-n",
                                         "1000000000", "--ts", "ns"], stdout=subprocess.PIPE)

    def close(self):
        self._stream.kill()
        self._stream.wait()
        self._stream.stdout.close()

    def _lines(self, count):
        return b"".join(self._stream.stdout.readline() for _ in range(count))

    def next(self):
        """Returns (customer, key, bytes of the object)."""
        again = self.objects and self.rng.random() < OVERWRITTEN
        if again:
            where = self.rng.choice(list(self.objects)[-50:])
            text = self.objects[where][-1] + self._lines(self.rng.randint(1, 100))
        else:
            where = (self.rng.randrange(self.customers), f"{len(self.objects):07d}.jsonl")
            text = self._lines(int(self.rng.lognormvariate(4, 1.6)) % 4000 + 1)
            if self.rng.random() < BAD_LINES:
                text += b"this line is damaged {\n"
                self.rejects += 1
        self.objects.setdefault(where, []).append(text)
        return *where, gzip.compress(text, 1) if self.rng.random() < 0.8 else text

    def expected(self, customer_ids):
        """Returns (must, may): customer id -> set of ids."""
        must, may = {}, {}
        for (customer, _), texts in self.objects.items():
            name = customer_ids[customer]
            ids = [{i for _, _, i in object_ids(name, text)} for text in texts]
            must.setdefault(name, set()).update(ids[-1])
            may.setdefault(name, set()).update(*ids)
        return must, may

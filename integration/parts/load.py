# SPDX-License-Identifier: Apache-2.0
"""Work for a worker while a test looks at it.

    with Load(lambda n: acme.put(f"load-{n}", text)):
        ...
"""
import threading


class Load:
    """Calls step(0), step(1) and so on, in a thread, until the end of the `with` block."""

    def __init__(self, step, every=0.05):
        self.step, self.every, self.ended, self.error = step, every, threading.Event(), None
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        n = 0
        try:
            while not self.ended.is_set():
                self.step(n)
                n += 1
                self.ended.wait(self.every)
        except Exception as e:  # raised in the thread of the test, by __exit__
            self.error = e

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, *_):
        self.ended.set()
        self.thread.join(60)
        if kind is None and self.error is not None:
            raise self.error


def kept_waiting(customers, text, messages=4):
    """A step for Load: the queues of these customers have so many visible messages, so that their worker is never without
    work."""
    def step(n):
        customer = customers[n % len(customers)]
        if customer.queue.visible() < messages:
            customer.put(f"load-{n}", text)
    return step

# SPDX-License-Identifier: Apache-2.0
"""A name server that does not answer for one host delays only what is on that host."""
from .parts import worker as workers
from .parts.events import generate
from .parts.strict import StrictWorld
from .parts.wait import until
from .test_shutdown import HANGS, _shim

HANGS_FOR_LONG = HANGS.replace("sleep(60)", "sleep(3600)")  # longer than any deadline here


def test_a_queue_whose_name_is_looked_up_without_end_delays_no_other(strict: StrictWorld):
    normal, slow = strict.customer("normal"), strict.customer("slow")
    settings = strict.settings(limits={"lanes": 2})
    del settings["aws"]["endpoint_sqs"]
    for queue in settings["queues"]:
        if queue["name"] == slow.queue.name:
            queue |= {"url": "https://hangs.test/1/q", "region": strict.region}
    worker = workers.Worker(strict.folder, settings, "worker-1", LD_PRELOAD=_shim(strict, HANGS_FOR_LONG))
    strict.workers.append(worker)
    worker.logged(msg="queue does not answer", queue=slow.queue.name)  # a request has failed, and others follow
    for n in range(30):
        normal.put(f"{n}.jsonl", generate(10, 1).text)
        if n % 10 == 9:
            until(lambda: normal.queue.depth() == 0, lambda: worker.tail(), 300, alive=worker)
    assert strict.count() == 300
    assert not worker.lines(msg="queue does not answer", queue=normal.queue.name)
    worker.kill()

# SPDX-License-Identifier: Apache-2.0
"""A short round of chaos with a fixed seed. Long ones are started by hand (integration/chaos/run)."""
from .run import one_round

SEED = 3


def test_nothing_is_lost_while_everything_breaks(tmp_path, capsys):
    good, told = one_round(tmp_path, SEED, minutes=2, replicas=3, rate=10, say=lambda text: None)
    with capsys.disabled():
        print(f"\n  {told['events']} events, {told['repeats']} repeats, {sum(told['faults'].values())} faults")
    assert good, told
    assert told["events"] > 1000 and sum(told["faults"].values()) > 10, "hardly anything happened"

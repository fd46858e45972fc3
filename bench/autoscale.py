# SPDX-License-Identifier: Apache-2.0
"""What the ScaledObject in deploy/kubernetes/overlays/keda does with a load: a simulation of KEDA, of the autoscaler
of Kubernetes and of workers.

    bench/autoscale bench/loads/burst.csv
    bench/autoscale --scale-on-in-flight bench/loads/refused.csv     with SQS's messages in back-off: why it is off

A load is a CSV with a row for each minute: `arrived` messages, of them `refused` (their customer is denied; they are
hidden for 15 minutes after each receive), and `object_ms`, how long a lane needs for one object. bench/loads/README.md
says where each load was recorded. The output has a line for each minute.

The rule is that of the file: of each trigger ceil(value / target), the greatest of all; no change within 10 % of the
target; scaleDown uses the greatest result of its window, and policies limit each step. The values are as late as in a
cluster: the numbers of SQS settle within a minute and are read every metrics.queue_interval, a pod takes 30 s.
"""
import argparse
import csv
import math
import pathlib
from dataclasses import dataclass, field

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
FILE = ROOT / "deploy/kubernetes/overlays/keda/scaledobject.yaml"
TICK_S = 15
START_S = 30  # until a new pod receives messages
SETTLE_S = 60  # SQS's numbers
QUEUE_INTERVAL_S = 60
BACK_OFF_S = 900
INBOX = 64  # messages of a pod that wait for a lane
ROUNDING = 1e-3  # less of a message than this is an error of floating point, and no message
TOLERANCE = 0.1


@dataclass
class Trigger:
    name: str
    target: float
    value: str  # "backlog_visible", "backlog_own", "lanes_busy"; of SQS: "visible", "visible and hidden"
    needs_pod: bool


@dataclass
class Rule:
    triggers: list
    least: int
    most: int
    cooldown_s: int
    polling_s: int
    up: list  # policies: (type, value, period in seconds)
    down: list
    window_s: int


def read_rule(path=FILE, scale_on_in_flight=None, backlog_target=None):
    """The file's, or with another target for the backlog."""
    spec = yaml.safe_load(pathlib.Path(path).read_text())["spec"]
    behavior = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    triggers = []
    for trigger in spec["triggers"]:
        data = trigger["metadata"]
        if trigger["type"] == "metrics-api":
            value = data["valueLocation"].removeprefix("worker.")
            own = backlog_target if value.startswith("backlog") else None
            triggers.append(Trigger(trigger["name"], float(own or data["targetValue"]), value, True))
        else:
            hidden = data["scaleOnInFlight"] == "true" if scale_on_in_flight is None else scale_on_in_flight
            triggers.append(Trigger(trigger["name"], float(data["queueLength"]),
                                    "visible and hidden" if hidden else "visible", False))
    policies = {way: [(p["type"], p["value"], p["periodSeconds"]) for p in behavior[way]["policies"]]
                for way in ("scaleUp", "scaleDown")}
    return Rule(triggers, spec["minReplicaCount"], spec["maxReplicaCount"], spec["cooldownPeriod"],
                spec["pollingInterval"], policies["scaleUp"], policies["scaleDown"],
                behavior["scaleDown"]["stabilizationWindowSeconds"])


@dataclass
class Autoscaler:
    """KEDA switches between none and the first pod; between 1 and most it is Kubernetes' autoscaler."""
    rule: Rule
    replicas: int = 0
    active_s: float = 0.0
    wanted: list = field(default_factory=list)  # (time, result) within the window of scaleDown
    before: list = field(default_factory=list)  # (time, replicas)

    def values(self, seen):
        return [(t, seen[t.value]) for t in self.rule.triggers if self.replicas > 0 or not t.needs_pod]

    def by_triggers(self, seen):
        wanted = 1
        for trigger, value in self.values(seen):
            ratio = value / trigger.target / max(self.replicas, 1)
            near = self.replicas > 0 and abs(ratio - 1) <= TOLERANCE
            wanted = max(wanted, self.replicas if near else math.ceil(value / trigger.target))
        return wanted

    def limited(self, now_s, wanted, policies, way):
        """At most as many as a policy allows, of the number that a period began with."""
        limits = []
        for kind, value, period_s in policies:
            start = [n for at, n in self.before if at >= now_s - period_s]
            start = (start or [self.replicas])[0]
            step = math.ceil(start * value / 100) if kind == "Percent" else value
            limits.append(start + way * step)
        return min(wanted, max(limits)) if way > 0 else max(wanted, min(limits))

    def step(self, now_s, seen):
        rule = self.rule
        if any(value > 0 for _, value in self.values(seen)):
            self.active_s = now_s
        elif now_s - self.active_s >= rule.cooldown_s and rule.least == 0:
            self.replicas = 0
            return 0
        if self.replicas == 0:
            self.replicas = 1 if self.active_s == now_s else 0
            return self.replicas
        wanted = self.by_triggers(seen)
        self.wanted = [(at, n) for at, n in self.wanted if at > now_s - rule.window_s] + [(now_s, wanted)]
        self.before = [(at, n) for at, n in self.before if at >= now_s - 600] + [(now_s, self.replicas)]
        if wanted > self.replicas:
            wanted = self.limited(now_s, wanted, rule.up, 1)
        else:
            wanted = min(self.replicas, max(n for _, n in self.wanted))
            wanted = self.limited(now_s, wanted, rule.down, -1)
        self.replicas = max(max(rule.least, 1), min(rule.most, wanted))
        return self.replicas


@dataclass
class Fleet:
    """Queue and workers. Work is that of lanes; refused messages cost a receive and are hidden again."""
    lanes: int
    visible: float = 0.0
    refused_visible: float = 0.0
    hidden: list = field(default_factory=list)  # (time when visible again, number)
    lanes_busy: float = 0.0
    inbox: float = 0.0
    running: list = field(default_factory=list)  # time at which each pod is ready
    done: float = 0.0
    sent: list = field(default_factory=list)  # (time, number) of messages that wait, the oldest first

    def set_replicas(self, n, now_s):
        self.running = sorted(self.running)[:n] + [now_s + START_S] * (n - len(self.running))

    def step(self, now_s, arrived, refused, object_ms):
        self.visible += arrived - refused
        self.refused_visible += refused
        if arrived > refused:
            self.sent.append([now_s, arrived - refused])
        back = sum(n for at, n in self.hidden if at <= now_s)
        self.refused_visible += back
        self.hidden = [(at, n) for at, n in self.hidden if at > now_s]
        pods = sum(at <= now_s for at in self.running)
        if pods and self.refused_visible:
            self.hidden.append((now_s + BACK_OFF_S, self.refused_visible))
            self.refused_visible = 0.0
        able = pods * self.lanes * TICK_S * 1000 / object_ms
        work = min(self.visible, able)
        self.visible -= work
        self.done += work
        self.lanes_busy = min(pods * self.lanes, work * object_ms / 1000 / TICK_S)
        self.inbox = min(self.visible, pods * INBOX)
        while work > ROUNDING and self.sent:
            part = min(work, self.sent[0][1])
            self.sent[0][1] -= part
            work -= part
            if self.sent[0][1] <= ROUNDING:
                self.sent.pop(0)

    def age_s(self, now_s):
        return now_s - self.sent[0][0] if self.sent else 0

    def numbers(self):
        waiting = self.visible - self.inbox + self.refused_visible
        return waiting, sum(n for _, n in self.hidden) + self.inbox + self.lanes_busy


def simulate(load, rule, lanes=8, replicas=0):
    """[{minute, arrived, backlog, hidden, replicas, age_s}] of the load; the last state of each minute."""
    fleet, scaler, rows, history = Fleet(lanes), Autoscaler(rule, replicas), [], []
    fleet.set_replicas(replicas, -START_S)
    for tick in range(len(load) * 60 // TICK_S):
        now_s = tick * TICK_S
        minute = load[now_s // 60]
        fleet.step(now_s, minute["arrived"] * TICK_S / 60, minute["refused"] * TICK_S / 60, minute["object_ms"])
        history.append((now_s, *fleet.numbers()))
        late = now_s - now_s % QUEUE_INTERVAL_S - SETTLE_S
        visible_late = ([h[1] for h in history if h[0] <= late] or [0])[-1]
        _, visible, hidden = ([h for h in history if h[0] <= now_s - SETTLE_S] or [(0, 0, 0)])[-1]
        seen = {"backlog_visible": visible_late, "backlog_own": fleet.inbox, "lanes_busy": fleet.lanes_busy,
                "visible": visible, "visible and hidden": visible + hidden}
        if now_s % rule.polling_s == 0:
            fleet.set_replicas(scaler.step(now_s, seen), now_s)
        if (now_s + TICK_S) % 60 == 0:
            rows.append({"minute": now_s // 60, "arrived": minute["arrived"], "backlog": fleet.visible,
                         "hidden": sum(n for _, n in fleet.hidden), "replicas": scaler.replicas,
                         "age_s": fleet.age_s(now_s)})
    return rows


def read_load(path):
    lines = [line for line in pathlib.Path(path).read_text().splitlines() if not line.startswith("#")]
    return [{k: float(v) for k, v in row.items()} for row in csv.DictReader(lines)]


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("load", help="a CSV as in bench/loads")
    parser.add_argument("--rule", default=FILE, help="another ScaledObject")
    parser.add_argument("--scale-on-in-flight", action="store_true", help="as SQS triggers do if not told otherwise")
    parser.add_argument("--lanes", type=int, default=8, help="lanes of a pod")
    args = parser.parse_args(argv)
    rule = read_rule(args.rule, True if args.scale_on_in_flight else None)
    print("minute  arrived  backlog   hidden  oldest  replicas")
    for row in simulate(read_load(args.load), rule, args.lanes):
        print(f"{row['minute']:6} {row['arrived']:8.0f} {row['backlog']:8.0f} {row['hidden']:8.0f} {row['age_s']:6.0f}s "
              f"{row['replicas']:8}  {'#' * row['replicas']}")


if __name__ == "__main__":
    main()

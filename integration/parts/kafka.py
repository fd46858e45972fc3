# SPDX-License-Identifier: Apache-2.0
"""Apache Kafka in KRaft mode, one node or several.

    with Kafka(folder) as kafka:
        kafka.create_topic("events", partitions=4)
        ... produce to kafka.bootstrap ...
        for record in kafka.read("events"): record.key, record.value

    python -m integration.parts.kafka FOLDER     # until Ctrl-C
"""
import contextlib
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass, field

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic

from . import schema
from .places import free_ports, kafka_lib
from .process import Process, clean_env
from .wait import TooLate, until

PROPERTIES = """\
process.roles=broker,controller
node.id={id}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.quorum.voters={voters}
log.dirs={data}
auto.create.topics.enable=false
delete.topic.enable=true
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=6000
offsets.topic.num.partitions=1
offsets.topic.replication.factor={copies}
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor={copies}
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor={copies}
share.coordinator.state.topic.min.isr=1
"""

JVM = ["-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
       "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dorg.slf4j.simpleLogger.showDateTime=true"]


@dataclass
class Record:
    key: str
    value: bytes
    partition: int
    offset: int
    timestamp: int
    headers: dict = field(default_factory=dict)


class Cluster:
    """A running Kafka: its topics and their content."""

    def __init__(self, bootstrap):
        self.bootstrap = bootstrap
        self.admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})

    def brokers(self):
        """Number of brokers that answer; 0 if none does."""
        try:
            return len(self.admin.list_topics(timeout=2).brokers)
        except KafkaException:
            return 0

    # ---- topics

    def create_topic(self, name, partitions=4, replicas=None, **config):
        """replicas: numbers (from 1) of the nodes that have all partitions."""
        where = {"replica_assignment": [replicas] * partitions} if replicas else {
            "replication_factor": min(self.brokers(), 3)}
        new = NewTopic(name, partitions, **where, config={k.replace("_", "."): str(v) for k, v in config.items()})
        until(lambda: self._created(new), f"topic {name} is created", 60)
        until(lambda: self._has_leaders(name, partitions), f"topic {name} has leaders", 30)
        return name

    def _created(self, new):
        """False: a broker that is to have it is not registered now."""
        try:
            self.admin.create_topics([new])[new.topic].result(30)
        except KafkaException as e:
            if e.args[0].code() != KafkaError.INVALID_REPLICA_ASSIGNMENT:
                raise
            return False
        return True

    def create_topics(self, names, at_once=500):
        """Many, with one partition each."""
        for i in range(0, len(names), at_once):
            new = [NewTopic(name, 1, replication_factor=1) for name in names[i:i + at_once]]
            for done in self.admin.create_topics(new, request_timeout=120, operation_timeout=120).values():
                done.result(150)
        wanted = set(names)
        until(lambda: wanted <= {t.topic for t in self.admin.list_topics(timeout=60).topics.values()
                                 if t.error is None and all(p.leader >= 0 for p in t.partitions.values())},
              f"{len(names)} topics have leaders", 120, every=1)

    def delete_topic(self, name):
        self.admin.delete_topics([name])[name].result(30)

    def set_topic(self, name, **config):
        entries = [ConfigEntry(k.replace("_", "."), str(v), incremental_operation=AlterConfigOpType.SET)
                   for k, v in config.items()]
        wanted = ConfigResource(ConfigResource.Type.TOPIC, name, incremental_configs=entries)
        self.admin.incremental_alter_configs([wanted])[wanted].result(30)
        until(lambda: self._has_config(name, config), f"the topic {name} has {config}", 30)

    def _has_config(self, name, config):
        """A broker may return the former value for a moment after the controller has the new one."""
        asked = ConfigResource(ConfigResource.Type.TOPIC, name)
        told = self.admin.describe_configs([asked])[asked].result(30)
        return all(told[k.replace("_", ".")].value == str(v) for k, v in config.items())

    def in_sync(self, name):
        """The smallest number of in-sync replicas of its partitions; 0 if no broker answers."""
        try:
            return min(len(p.isrs) for p in self.admin.list_topics(name, timeout=5).topics[name].partitions.values())
        except KafkaException:
            return 0

    def _has_leaders(self, name, partitions):
        topic = self.admin.list_topics(name, timeout=5).topics[name]
        return topic.error is None and len(topic.partitions) == partitions and all(
            p.leader >= 0 for p in topic.partitions.values())

    # ---- reading

    def _consumer(self):
        return Consumer({"bootstrap.servers": self.bootstrap, "group.id": "reader", "log_level": 0,
                         "enable.auto.commit": False, "auto.offset.reset": "earliest",
                         "fetch.wait.max.ms": 50, "fetch.message.max.bytes": 8 << 20})

    def _ends(self, consumer, name):
        topic = consumer.list_topics(name, timeout=10).topics[name]
        if topic.error is not None:
            raise KafkaException(topic.error)
        return {p: self._end(consumer, TopicPartition(name, p)) for p in topic.partitions}

    def _end(self, consumer, partition):
        """Both watermarks. After a broker stood still the reader's first answer may be of the old leader."""
        end = time.monotonic() + 10
        while True:
            try:
                return consumer.get_watermark_offsets(partition, timeout=10)
            except KafkaException as e:
                if not e.args[0].retriable() and e.args[0].code() != KafkaError.NOT_LEADER_FOR_PARTITION \
                        or time.monotonic() > end:
                    raise
            time.sleep(0.1)

    def count(self, name):
        """Number of records in the topic. (Offsets have no gaps, since no test uses transactions.)"""
        if not hasattr(self, "_counter"):
            self._counter = self._consumer()
        return sum(high - low for low, high in self._ends(self._counter, name).values())

    def read(self, name, limit=None):
        """The content of the topic, in order within each partition. Events are validated."""
        consumer = self._consumer()
        try:
            left = {p: high for p, (low, high) in self._ends(consumer, name).items() if high > low}
            consumer.assign([TopicPartition(name, p, 0) for p in left])
            records, end = [], time.monotonic() + 60
            while left and (limit is None or len(records) < limit):
                if time.monotonic() > end:
                    raise TooLate(f"{name}: {len(records)} records read, then none for a minute; wanted up to {left}")
                for m in consumer.consume(5000, timeout=0.1):
                    end = time.monotonic() + 60
                    if m.error() is not None:
                        if m.error().code() == KafkaError._PARTITION_EOF:
                            continue
                        raise KafkaException(m.error())
                    records.append(Record((m.key() or b"").decode(), m.value(), m.partition(), m.offset(),
                                          m.timestamp()[1], dict(m.headers() or [])))
                    if m.offset() + 1 >= left.get(m.partition(), 1 << 62):
                        left.pop(m.partition(), None)
            for record in records:
                schema.check(record.value)
            return records
        finally:
            consumer.close()


class Kafka(Cluster):
    """Nodes on free ports."""

    def __init__(self, folder, nodes=1, keep=False, extra=None, version=None, format_args=(), jvm=()):
        """extra: more server properties, a dict, or a function of this object and the node's number (from 0)
        that returns one. keep: outlive this process. format_args: more arguments of StorageTool. jvm: the
        servers' JVM options in place of those that start quickly."""
        self.folder = pathlib.Path(folder)
        self.keep = keep
        self.lib = f"{kafka_lib(version)}/*"
        self.format_args = list(format_args)
        self.jvm = list(jvm) or JVM
        ports = free_ports(2 * nodes)
        self.ports, self.controllers = ports[:nodes], ports[nodes:]
        super().__init__(",".join(f"127.0.0.1:{p}" for p in self.ports))
        self.nodes = [None] * nodes
        voters = ",".join(f"{i + 1}@127.0.0.1:{p}" for i, p in enumerate(self.controllers))
        for i in range(nodes):
            place = self._place(i)
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(parents=True)
            (place / "server.properties").write_text(
                PROPERTIES.format(id=i + 1, port=self.ports[i], controller=self.controllers[i], voters=voters,
                                  data=place / "data", copies=min(nodes, 3))
                + "".join(f"{k}={v}\n" for k, v in ((extra(self, i) if callable(extra) else extra) or {}).items()))

    def _place(self, node):
        return self.folder / f"node-{node + 1}"

    def start(self):
        cluster = uuid.uuid4().hex[:22]
        formats = [subprocess.Popen(
            ["java", *JVM, "-cp", self.lib, "kafka.tools.StorageTool", "format", f"--cluster-id={cluster}",
             "-c", str(self._place(i) / "server.properties"), *self.format_args],
            env=clean_env(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            for i in range(len(self.nodes))]
        for f in formats:
            _, text = f.communicate(timeout=120)
            if f.returncode != 0:
                raise RuntimeError(f"kafka: format failed:\n{text}")
        for i in range(len(self.nodes)):
            self.start_node(i)
        for i in range(len(self.nodes)):
            until(lambda: self._listens(i), f"kafka node {i + 1} listens", 120, alive=self.nodes[i])
        until(lambda: self.brokers() == len(self.nodes), "kafka answers", 60)
        return self

    def start_node(self, i):
        """Nothing if it runs: a second process would take its place here, and no test could end the first one."""
        if self.nodes[i] is not None and self.nodes[i].running():
            return
        self.nodes[i] = Process(
            f"kafka node {i + 1}",
            ["java", *self.jvm, "-cp", self.lib, "kafka.Kafka", self._place(i) / "server.properties"],
            self._place(i) / "kafka.log", keep=self.keep)

    def kill_node(self, i):
        self.nodes[i].kill()

    def fill_disk(self, i, room=16 << 10):
        """No file of this node may grow more than a little beyond its current log: writes fail with EFBIG, as
        with ENOSPC on a full disk. Its only log directory goes offline then, and the node ends."""
        _, hard = resource.prlimit(self.nodes[i].pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.nodes[i].pid, resource.RLIMIT_FSIZE, (self.nodes[i].log.stat().st_size + room, hard))

    def empty_disk(self, i):
        """Writes succeed again, and the node is restarted, whether it has ended or not."""
        self.kill_node(i)
        self.start_node(i)

    @contextlib.contextmanager
    def frozen(self):
        """Stops all nodes, with their connections open, until the end of the block."""
        for node in self.nodes:
            node.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for node in self.nodes:
                node.signal(signal.SIGCONT)

    def stop(self):
        for node in self.nodes:
            if node is not None:
                node.signal(signal.SIGKILL)  # its data is not needed any more
        for node in self.nodes:
            if node is not None:
                node.kill()

    def _listens(self, i):
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.ports[i])) == 0

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_):
        self.stop()


def one_controller(kafka, node):
    """For `extra`: the first node alone is the quorum, so that the others can be stopped."""
    voters = {"controller.quorum.voters": f"1@127.0.0.1:{kafka.controllers[0]}"}
    if node == 0:
        return voters
    return {**voters, "process.roles": "broker", "listeners": f"PLAINTEXT://127.0.0.1:{kafka.ports[node]}"}


if __name__ == "__main__":
    with Kafka(sys.argv[1]) as running:
        print(f"bootstrap.servers={running.bootstrap}", flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            pass

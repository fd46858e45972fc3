# SPDX-License-Identifier: Apache-2.0
"""The worker under test: its configuration, its process, its log.

    conf = config(moto, kafka, topic="events", rejects="rejects",
                  queues=[queue], customers=[customer("acme", queue, bucket, role=arn)])
    with Worker(folder, conf) as worker:
        worker.logged(msg="object done", customer="acme")
"""
import pathlib
import re
import signal
import uuid

from .aws import ACCOUNT, KEYS, REGION
from .places import binary
from .process import Process, clean_env
from .wait import until

PREFIX = "asymptote/events"


def setting(value, depth=0):
    """A Python value as libconfig writes it."""
    pad = "  " * (depth + 1)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, dict):
        rows = "".join(f"{pad}{k} = {setting(v, depth + 1)};\n" for k, v in value.items() if v is not None)
        return "{\n" + rows + "  " * depth + "}"
    return "( " + (",\n" + pad).join(setting(v, depth) for v in value) + " )"


def config_text(settings):
    return "".join(f"{k} = {setting(v)};\n" for k, v in settings.items())


def customer(id, queue, bucket, role, external_id=None, prefix=PREFIX, **more):
    """moto assumes a role also without an external id, which the worker refuses unless configured."""
    external_id = external_id or str(uuid.uuid5(uuid.NAMESPACE_OID, id))  # each customer has another one
    return {"id": id, "queue": queue.name, "bucket": bucket, "prefix": prefix, "region": REGION,
            "account_id": ACCOUNT, "role_arn": role, "external_id": external_id,
            "accept_role_without_external_id": True, **more}


def config(moto, broker, topic, rejects, queues, customers, properties=(), **sections):
    """sections: kafka=..., limits=..., queue=... (for every queue), log=...: merged into the basic ones."""
    settings = {
        "aws": {"region": REGION, "endpoint_sqs": moto.url, "endpoint_s3": moto.url,
                "endpoint_sts": moto.url, "path_style": True},
        "kafka": {"properties": [f"bootstrap.servers={broker.bootstrap}", *properties],
                  "topic": topic, "rejects_topic": rejects, **sections.pop("kafka", {})},
    }
    queue = {"wait": "2s", **sections.pop("queue", {})}
    settings.update(sections)
    settings["queues"] = [{"name": q.name, "url": q.url, **queue} for q in queues]
    settings["customers"] = customers
    return settings


_PAIR = re.compile(r'([a-z_0-9.]+)=("(?:[^"\\]|\\.)*"|[^ ]*)')


def logfmt(line):
    """A line of the worker's log as a dict; quoted values are unescaped as far as tests need."""
    return {k: v[1:-1].replace('\\"', '"').replace("\\\\", "\\") if v.startswith('"') else v
            for k, v in _PAIR.findall(line)}


class Worker(Process):
    def __init__(self, folder, settings, name="worker", binary_path=None, keep=False, arguments=(), **env):
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.conf = folder / f"{name}.conf"
        self.conf.write_text(settings if isinstance(settings, str) else config_text(settings))
        self.conf.chmod(0o600)
        self.home = folder / "home"  # without the caller's credentials file
        self.home.mkdir(exist_ok=True)
        keys = {k.upper(): v for k, v in KEYS.items()}
        whole = {**clean_env(), "HOME": str(self.home), "AWS_EC2_METADATA_DISABLED": "true", **keys, **env}
        super().__init__(name, [binary_path or binary(), "run", "-c", self.conf, *arguments], folder / f"{name}.log", keep=keep,
                         env={k: v for k, v in whole.items() if v is not None})

    def lines(self, **wanted):
        """Log lines that contain all of `wanted`, as dicts. A value may be a compiled pattern."""
        def fits(line):
            return all(k in line and (v.search(line[k]) if hasattr(v, "search") else line[k] == str(v))
                       for k, v in wanted.items())
        parsed = map(logfmt, self.log.read_text(errors="replace").splitlines())
        return [line for line in parsed if fits(line)]

    def logged(self, seconds=30, count=1, **wanted):
        """Wait until there are `count` such lines."""
        return until(lambda: len(found := self.lines(**wanted)) >= count and found,
                     lambda: f"{count} log lines with {wanted}; the log ends:\n{self.tail()}", seconds, alive=self)

    def reload(self, settings, seconds=60):
        """Write the configuration (a text, or as config() returns it), send SIGHUP, and wait for the line that tells
        the result, which is returned."""
        self.conf.write_text(settings if isinstance(settings, str) else config_text(settings))
        before = len(self.reloads())
        self.signal(signal.SIGHUP)
        return until(lambda: self.reloads()[before:], lambda: f"a reload; the log ends:\n{self.tail()}", seconds,
                     alive=self)[0]

    def reloads(self):
        return self.lines(msg=re.compile("^(reloaded|configuration not reloaded)$"))

    def stop(self, seconds=40):
        """Waits longer than the worker's own grace period."""
        return super().stop(seconds)

    def terminate(self):
        self.signal(signal.SIGTERM)

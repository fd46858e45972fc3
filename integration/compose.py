# SPDX-License-Identifier: Apache-2.0
"""The demo of docker-compose.yml, where Kafka, moto and a worker run as services.

Creates topics, queue, buckets and roles, writes the worker's configuration (the worker's container
starts when the file exists), uploads, waits, and prints the table. Exit status 0: every count is
correct.
"""
import os
import pathlib
import sys

from .demo import PATIENCE_S, Setting, report, uploads
from .parts.aws import Aws
from .parts.kafka import Cluster
from .parts.wait import until
from .parts.worker import config_text


def main():
    kafka = Cluster(os.environ["KAFKA"])
    until(lambda: kafka.brokers() > 0, f"kafka answers at {kafka.bootstrap}", PATIENCE_S)
    setting = Setting(kafka, Aws(os.environ["AWS_ENDPOINT_URL"], own_names=True))
    setting.make()
    settings = setting.configuration()
    settings["metrics"] = {"listen": "0.0.0.0:9464"}  # for Prometheus of the profile "monitoring"
    settings["aws"]["allow_http"] = True  # moto is another host here
    pathlib.Path(os.environ["WORKER_CONF"]).write_text(config_text(settings))
    objects = uploads()
    setting.upload(objects)
    setting.wait(objects)
    return 0 if report(setting, objects) else 1


if __name__ == "__main__":
    sys.exit(main())

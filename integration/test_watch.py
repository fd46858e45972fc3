# SPDX-License-Identifier: Apache-2.0
"""run --watch: a change of customers.d/ is applied without a signal. Each test waits for a line of the log."""
import os
import re

from .parts.events import generate
from .parts.strict import StrictWorld
from .parts.worker import Worker, setting


def entry(customer):
    return "".join(f"{k} = {setting(v)};\n" for k, v in customer.items() if v is not None)


def put(folder, name, text):
    """As a careful program does: under another name, then renamed."""
    (folder / f"{name}.new").write_text(text)
    os.rename(folder / f"{name}.new", folder / name)


def next_result(worker, count):
    """The result of reload number `count`."""
    return worker.logged(60, count=count, msg=re.compile("^(reloaded|configuration not reloaded)$"))[count - 1]


def test_a_change_of_the_folder_is_applied(strict: StrictWorld):
    strict.customer("acme")
    globex = strict.customer("globex")
    settings = strict.settings()
    entries = {c["id"]: entry(c) for c in settings.pop("customers")}
    folder = strict.folder / "customers.d"
    folder.mkdir()
    put(folder, "acme.conf", entries["acme"])
    worker = Worker(strict.folder, settings, arguments=["--watch"])
    strict.workers.append(worker)
    worker.logged(msg="started")

    put(folder, "globex.conf", entries["globex"])
    assert worker.logged(msg="customers.d has changed")[0]["folder"].endswith("/customers.d")
    assert next_result(worker, 1)["customers_added"] == "1"
    globex.put("a", generate(3, 1).text)
    worker.logged(msg="object done", customer="globex")

    os.remove(folder / "acme.conf")
    assert next_result(worker, 2)["customers_removed"] == "1"

    put(folder, "acme.conf", entries["acme"][:len(entries["acme"]) // 2])  # half of it
    refused = next_result(worker, 3)
    assert refused["msg"] == "configuration not reloaded" and "acme.conf" in refused["file"] and refused["next"]

    elsewhere = strict.folder / "elsewhere.conf"
    elsewhere.write_text(entries["acme"])
    os.symlink(elsewhere, folder / "acme.conf.new")
    os.rename(folder / "acme.conf.new", folder / "acme.conf")
    refused = next_result(worker, 4)
    assert "is a symbolic link out of customers.d" in refused["detail"]

    os.remove(folder / "acme.conf")
    assert next_result(worker, 5)["msg"] == "reloaded"
    globex.put("b", generate(3, 2).text)
    worker.logged(msg="object done", customer="globex", count=2)


def test_a_folder_that_is_created_later_is_watched(strict: StrictWorld):
    strict.customer("acme")
    settings = strict.settings()
    text = entry(settings.pop("customers")[0])
    worker = Worker(strict.folder, settings, arguments=["--watch"])
    strict.workers.append(worker)
    worker.logged(msg="started")
    beside = strict.folder / "prepared"
    beside.mkdir()
    (beside / "acme.conf").write_text(text)
    os.rename(beside, strict.folder / "customers.d")
    assert next_result(worker, 1)["customers_added"] == "1"
    os.remove(strict.folder / "customers.d/acme.conf")
    assert next_result(worker, 2)["customers_removed"] == "1"

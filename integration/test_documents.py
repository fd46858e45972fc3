# SPDX-License-Identifier: Apache-2.0
"""Statements of the documents are true: examples load, and named files and services exist."""
import pathlib
import re
import shutil
import subprocess
import sys

import pytest
import yaml

from .parts.places import ROOT, binary
from .parts.secured import Pem


def _check(path):
    return subprocess.run([str(binary()), "check-config", "-c", str(path)], capture_output=True, text=True)


def test_the_properties_of_the_kafka_guide_are_librdkafkas(tmp_path, monkeypatch):
    monkeypatch.setenv("INGEST_KEY_PASSWORD", "a-password")
    (tmp_path / "kafka-password").write_text("a-password")
    Pem(tmp_path / "pem").sign("ingest")  # check-config reads certificates and keys as the worker does
    text = (ROOT / "docs/kafka.md").read_text().replace("file:/etc/asymptote-ingest/", f"file:{tmp_path}/")
    text = text.replace("=/etc/asymptote-ingest/", f"={tmp_path}/pem/")
    blocks = re.findall(r"^```\n(.*?)^```", text, re.M | re.S)
    assert len(blocks) >= 4
    for n, block in enumerate(blocks):
        whole = block if "kafka = {" in block else f"kafka = {{ {block} }};"
        if "aws = {" not in whole:
            whole = 'aws = { region = "eu-west-1"; };\n' + whole
        conf = tmp_path / f"{n}.conf"
        conf.write_text(whole + 'queues = ( { name = "q"; url = "https://sqs.eu-west-1.amazonaws.com/111122223333/q"; } );')
        conf.chmod(0o600)
        done = _check(conf)
        assert done.returncode == 0, (block, done.stderr)


def test_check_config_says_what_a_change_does_to_the_memory(tmp_path):
    def plan(limits):
        conf = tmp_path / "plan.conf"
        conf.write_text('aws = { region = "eu-west-1"; };\nkafka = { properties = ( "bootstrap.servers=b:9092" ); };\n'
                        'queues = ( { name = "q"; url = "https://sqs.eu-west-1.amazonaws.com/111122223333/q"; } );\n' + limits)
        conf.chmod(0o600)
        done = _check(conf)
        assert done.returncode == 0, done.stderr
        (line,) = re.findall(r"^memory plan: at most (\d+) MiB: (.*)$", done.stdout, re.M)
        return int(line[0]), [int(n) for n in re.findall(r"(\d+)(?=,|$|;)", line[1].partition(";")[0])]
    before, parts = plan("")
    assert sum(parts) == before
    after, parts = plan('limits = { zstd_window = "128MiB"; };')
    assert after - before >= 120 and sum(parts) == after


def test_the_configuration_of_the_page_of_stores_has_no_mistake(tmp_path):
    (block,) = re.findall(r"^```\n(.*?)^```", (ROOT / "docs/compatible-stores.md").read_text(), re.M | re.S)
    conf = tmp_path / "stores.conf"
    conf.write_text(block.replace("/etc/ssl/certs/minio.pem", str(Pem(tmp_path / "pem").ca)) + 'kafka = { properties = ( "bootstrap.servers=broker1:9092" ); };')
    done = _check(conf)
    assert done.returncode == 0 and "0 warnings" in done.stderr, done.stderr


@pytest.mark.parametrize("name", ["README.md", "docs/aws.md", "docs/compatible-stores.md", "docs/kafka.md", "docs/monitoring.md", "HACKING.md", "ARCHITECTURE.md"])
def test_links_of_the_documents_lead_somewhere(name):
    page = ROOT / name
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_the_compose_file_names_services_volumes_and_stages_that_are_there():
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    stages = re.findall(r"^FROM \S+ AS (\w+)", (ROOT / "Dockerfile").read_text(), re.M)
    for service in compose["services"].values():
        for needed in service.get("depends_on", []):
            assert needed in compose["services"]
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert (ROOT / source).exists() if source.startswith("./") else source in compose["volumes"]
        assert "image" in service or service["build"].get("target", stages[0]) in stages


def test_the_images_packages_are_the_libraries_the_worker_wants():
    wanted = subprocess.run(["ldd", str(binary())], capture_output=True, text=True).stdout
    found = subprocess.run([ROOT / "scripts/runtime-packages", str(binary())], capture_output=True, text=True, check=True)
    packages = found.stdout.split()
    for library in re.findall(r"lib(curl|crypto|json-c|microhttpd|rdkafka|config|simdjson|xxhash|isal|expat)\.so", wanted):
        package = {"crypto": "libssl", "config": "libconfig"}.get(library, f"lib{library}")
        assert any(re.match(rf"{re.escape(package)}\d", p) for p in packages), library
    assert len(packages) == len(set(packages)) < 20


def test_documents_name_one_path_of_the_configuration():
    named = {}
    for name in ("Dockerfile", "docker-compose.yml", "README.md", "etc/asymptote-ingest.service",
                 *(str(p.relative_to(ROOT)) for p in (ROOT / "docs").rglob("*.md"))):
        for path in re.findall(r"(?:/etc/asymptote-ingest|/conf)/[\w.-]+\.conf\b", (ROOT / name).read_text()):
            named.setdefault(pathlib.Path(path).name, []).append(name)
    assert set(named) == {"asymptote-ingest.conf"}, named
    assert {"Dockerfile", "docker-compose.yml", "README.md"} <= set(named["asymptote-ingest.conf"])


def test_the_tests_that_failures_names_are_there():
    page = (ROOT / "tests/FAILURES.md").read_text()
    sources = "".join(p.read_text(errors="replace") for folder in ("tests", "integration")
                      for p in (ROOT / folder).rglob("test_*") if p.suffix in (".c", ".py"))
    names = re.findall(r"(?:^|[`:, ])([a-z][a-z0-9_]{15,})`", page, re.M)
    assert len(names) > 30
    assert [n for n in names if n not in sources and not (ROOT / f"{n}").exists()] == []


def test_the_image_of_the_demo_has_every_file_that_the_demo_reads(tmp_path):
    stage = re.search(r"^FROM \S+ AS demo$(.*?)^FROM ", (ROOT / "Dockerfile").read_text(), re.M | re.S)[1]
    copied = re.findall(r"^COPY (\S+) (\S+)$", stage, re.M)
    assert copied
    for source, target in copied:
        (tmp_path / target).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, tmp_path / target, dirs_exist_ok=True)
        else:
            shutil.copy(ROOT / source, tmp_path / target)
    demo = "import integration.compose, integration.demo as d; d.uploads();" \
           "from integration.parts import schema; schema._validator()"
    done = subprocess.run([sys.executable, "-c", demo], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

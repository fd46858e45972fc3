# SPDX-License-Identifier: Apache-2.0
"""The files in deploy/ are valid for their tools, and agree with the worker: nothing is applied anywhere."""
import json
import os
import pathlib
import re
import subprocess

import boto3
import botocore.validate
import hcl2
import jsonpatch
import jsonschema
import kubernetes_validate
import pytest
import yaml

from .parts.places import ROOT, binary, checkers

BASE = ROOT / "deploy/kubernetes/base"
KUBERNETES = ("1.29", "1.35")


def load(path):
    return yaml.safe_load(path.read_text())


KUSTOMIZATION = load(BASE / "kustomization.yaml")


def deployment():
    return load(BASE / "deployment.yaml")["spec"]["template"]["spec"]


def files(name):
    (found,) = [g["files"] for g in KUSTOMIZATION["configMapGenerator"] if g["name"] == name]
    return found


@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize("name", KUSTOMIZATION["resources"])
def test_each_object_fits_kubernetes_schema(name, version):
    kubernetes_validate.validate(load(BASE / name), version, strict=True)


def test_a_member_that_kubernetes_does_not_know_is_found():
    wrong = load(BASE / "deployment.yaml")
    wrong["spec"]["template"]["spec"]["containers"][0]["readOnlyRootFilesystem"] = True
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, KUBERNETES[0], strict=True)


def test_the_kustomization_names_what_is_there():
    listed = set(KUSTOMIZATION["resources"]) | {"kustomization.yaml"}
    assert listed == {p.name for p in BASE.glob("*.yaml")}
    for generator in KUSTOMIZATION["configMapGenerator"]:
        for name in generator["files"]:
            assert (BASE / name).is_file(), name
    for overlay in sorted((BASE.parent / "overlays").glob("*/kustomization.yaml")):
        own = {p.name for p in overlay.parent.glob("*.yaml")} - {"kustomization.yaml"}
        assert set(load(overlay)["resources"]) == {"../../base"} | own, overlay


def test_patches_of_overlays_apply():
    for overlay in sorted((BASE.parent / "overlays").glob("*/kustomization.yaml")):
        for patch in load(overlay)["patches"]:
            (at,) = [o for o in map(load, map(BASE.joinpath, KUSTOMIZATION["resources"]))
                     if o["kind"] == patch["target"]["kind"] and o["metadata"]["name"] == patch["target"]["name"]]
            patched = jsonpatch.apply_patch(at, yaml.safe_load(patch["patch"]))
            assert patched != at
            kubernetes_validate.validate(patched, KUBERNETES[0], strict=True)


KEDA = BASE.parent / "overlays/keda"


def keda_schema(kind):
    """The schema of the version that is stored, in which unknown members are refused, as `kubectl --validate` does."""
    (folder,) = checkers().glob("keda-*")
    (version,) = load(folder / f"keda.sh_{kind.lower()}s.yaml")["spec"]["versions"]

    def strict(schema):
        if isinstance(schema, dict):
            if "properties" in schema and "additionalProperties" not in schema:
                schema = {**schema, "additionalProperties": False}
            return {k: strict(v) for k, v in schema.items()}
        return [strict(s) for s in schema] if isinstance(schema, list) else schema
    schema = strict(version["schema"]["openAPIV3Schema"])
    schema["properties"]["metadata"] = {"type": "object"}
    return schema


@pytest.mark.parametrize("name", ["scaledobject.yaml", "triggerauthentication.yaml"])
def test_kedas_objects_fit_its_schema(name):
    wanted = load(KEDA / name)
    jsonschema.validate(wanted, keda_schema(wanted["kind"]))


def test_a_member_that_keda_does_not_know_is_found():
    wrong = load(KEDA / "scaledobject.yaml")
    wrong["spec"]["triggers"][0]["metadataa"] = wrong["spec"]["triggers"][0].pop("metadata")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, keda_schema("ScaledObject"))


def test_keda_reads_what_a_pod_serves():
    spec = load(KEDA / "scaledobject.yaml")["spec"]
    assert spec["scaleTargetRef"]["name"] == load(BASE / "deployment.yaml")["metadata"]["name"]
    service = load(BASE / "service.yaml")
    port = service["spec"]["ports"][0]["port"]
    url = f"http://{service['metadata']['name']}.{KUSTOMIZATION['namespace']}:{port}/status.json"
    of_pods = [t["metadata"] for t in spec["triggers"] if t["type"] == "metrics-api"]
    assert {m["url"] for m in of_pods} == {url}
    # The queues' messages are the same number at each pod, the lanes are each pod's own.
    assert {m["valueLocation"]: m["aggregationType"] for m in of_pods} == {
        "worker.backlog_visible": "max", "worker.backlog_own": "sum", "worker.lanes_busy": "sum"}
    queues = [t for t in spec["triggers"] if t["type"] == "aws-sqs-queue"]
    assert queues and all(t["metadata"]["scaleOnInFlight"] == "false" for t in queues)
    assert {t["authenticationRef"]["name"] for t in queues} == {load(KEDA / "triggerauthentication.yaml")["metadata"]["name"]}


def pods_folder(tmp_path):
    """The projected volume as kubelet makes it: links to a folder that is replaced as a whole."""
    data = tmp_path / "..2026_01_01"
    for source in deployment()["volumes"][0]["projected"]["sources"]:
        generated = {pathlib.Path(f).name: BASE / f for f in files(source["configMap"]["name"])}
        items = source["configMap"].get("items") or [{"key": k, "path": k} for k in generated]
        assert {i["key"] for i in items} == set(generated)  # no customer is left out
        for item in items:
            target = data / item["path"]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(generated[item["key"]].read_text())
    (tmp_path / "..data").symlink_to(data.name)
    for entry in sorted(data.iterdir()):
        (tmp_path / entry.name).symlink_to(f"..data/{entry.name}")
    return tmp_path


def test_the_configuration_of_a_pod_is_read_with_its_customer(tmp_path):
    folder = pods_folder(tmp_path)
    done = subprocess.run([binary(), "check-config", "--print", "-c", folder / "asymptote-ingest.conf"],
                          capture_output=True, text=True, env={"PATH": os.environ["PATH"]})
    assert done.returncode == 0, done.stderr
    assert "0 errors, 0 warnings" in done.stderr
    assert '"example"' in done.stdout


def seconds_of(key):
    for line in (BASE / "asymptote-ingest.conf").read_text().split(";"):
        if key in line:
            return int(line.split('"')[1].removesuffix("s"))
    raise AssertionError(key)


def test_a_pod_has_time_to_stop_and_is_confined():
    pod = deployment()
    (container,) = pod["containers"]
    assert pod["terminationGracePeriodSeconds"] > seconds_of("shutdown_grace") + 4  # and the calls after it
    assert pod["securityContext"]["runAsNonRoot"] and not pod["automountServiceAccountToken"]
    security = container["securityContext"]
    assert security == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                        "capabilities": {"drop": ["ALL"]}}
    assert "--watch" in container["args"]
    uid = pod["securityContext"]["runAsUser"]
    assert f"\nUSER {uid}\n" in (ROOT / "Dockerfile").read_text()
    assert f"\nUSER = {uid}\n" in (ROOT / "scripts/image-root").read_text()


def test_the_probes_ask_what_the_worker_answers():
    (container,) = deployment()["containers"]
    (port,) = container["ports"]
    assert f'metrics = {{ listen = "0.0.0.0:{port["containerPort"]}"; }};' in (BASE / "asymptote-ingest.conf").read_text()
    asked = {name: container[name]["httpGet"] for name in ("livenessProbe", "readinessProbe")}
    assert asked == {"livenessProbe": {"path": "/healthz", "port": port["name"]},
                     "readinessProbe": {"path": "/readyz", "port": port["name"]}}
    annotations = load(BASE / "deployment.yaml")["spec"]["template"]["metadata"]["annotations"]
    assert annotations["prometheus.io/port"] == str(port["containerPort"])
    (scraped,) = load(BASE / "networkpolicy.yaml")["spec"]["ingress"]
    assert [p["port"] for p in scraped["ports"]] == [port["containerPort"]]
    (served,) = load(BASE / "service.yaml")["spec"]["ports"]
    assert (served["port"], served["targetPort"]) == (port["containerPort"], port["name"])


def test_each_selector_selects_the_pods():
    """The API takes an object of which the selector selects nothing."""
    labels = load(BASE / "deployment.yaml")["spec"]["template"]["metadata"]["labels"]
    selectors = {"deployment": load(BASE / "deployment.yaml")["spec"]["selector"]["matchLabels"],
                 "poddisruptionbudget": load(BASE / "poddisruptionbudget.yaml")["spec"]["selector"]["matchLabels"],
                 "networkpolicy": load(BASE / "networkpolicy.yaml")["spec"]["podSelector"]["matchLabels"],
                 "service": load(BASE / "service.yaml")["spec"]["selector"],
                 "spread": deployment()["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"]}
    assert all(selector and selector.items() <= labels.items() for selector in selectors.values()), selectors
    assert deployment()["serviceAccountName"] == load(BASE / "serviceaccount.yaml")["metadata"]["name"]
    assert load(BASE / "networkpolicy.yaml")["spec"]["policyTypes"] == ["Ingress", "Egress"]


def test_the_compose_file_fits_its_schema_and_monitors_the_worker():
    (path,) = checkers().glob("compose-spec-*.json")
    schema = json.loads(path.read_text())
    compose = load(ROOT / "docker-compose.yml")
    jsonschema.Draft7Validator(schema).validate(compose)
    wrong = json.loads(json.dumps(compose))
    wrong["services"]["prometheus"]["port"] = wrong["services"]["prometheus"].pop("ports")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(schema).validate(wrong)
    prometheus = load(ROOT / "deploy/prometheus/prometheus.yml")
    assert prometheus["scrape_configs"][0]["static_configs"][0]["targets"] == ["worker:9464"]
    assert prometheus["scrape_configs"][0]["job_name"] == "asymptote-ingest"  # as the alert IngestDown wants
    mounted = {v.split(":")[1] for s in ("prometheus", "grafana") for v in compose["services"][s]["volumes"]}
    assert set(prometheus["rule_files"]) <= mounted
    (provider,) = load(ROOT / "deploy/grafana/provisioning/dashboards/asymptote-ingest.yml")["providers"]
    assert f"{provider['options']['path']}/asymptote-ingest.json" in mounted
    (source,) = load(ROOT / "deploy/grafana/provisioning/datasources/prometheus.yml")["datasources"]
    assert source["url"] == "http://prometheus:9090"
    subprocess.run([checkers() / "promtool", "check", "config", "--syntax-only", ROOT / "deploy/prometheus/prometheus.yml"],
                   check=True, capture_output=True)


def test_terraform_of_the_operator_has_the_workers_policy_as_its_source():
    parsed = hcl2.loads((ROOT / "deploy/terraform/main.tf").read_text())
    resources = {(kind.strip('"'), name.strip('"')) for block in parsed["resource"] for kind, of in block.items() for name in of}
    assert {("aws_iam_role", "worker"), ("aws_sqs_queue", "shared"), ("aws_sqs_queue", "dead_letter"),
            ("aws_iam_role_policy", "queues"), ("aws_cloudwatch_metric_alarm", "dead_letters")} == resources
    text = (ROOT / "deploy/terraform/main.tf").read_text()
    policy = (ROOT / "etc/aws/worker-policy.json").read_text()
    assert 'templatefile("${path.module}/../../etc/aws/worker-policy.json"' in text
    given = re.search(r'worker-policy[.]json", \{(.*?)\}', text, re.S)[1]
    assert set(re.findall(r"\$\{(\w+)\}", policy)) == set(re.findall(r"^\s+(\w+) +=", given, re.M))
    assert [s["Sid"] for s in json.loads(policy)["Statement"]].count("Queues") == 1
    assert int(re.search(r"maxReceiveCount +=\s*(\d+)", text)[1]) == int(
        json.loads((ROOT / "etc/aws/redrive-policy.json").read_text())["maxReceiveCount"])


def test_a_release_is_signed_after_it_is_complete():
    """The image by the digest that was pushed, and the checksums of all files; only these jobs get an identity."""
    jobs = load(ROOT / ".github/workflows/release.yml")["jobs"]
    image = [s.get("run") or s["uses"] for s in jobs["image"]["steps"]]
    (push,) = [s for s in jobs["image"]["steps"] if s.get("id") == "push"]
    assert push["with"]["push"] is True and "COMMIT" in push["with"]["build-args"]
    assert image[-1].startswith("cosign sign --yes") and image[-1].endswith('@${{ steps.push.outputs.digest }}"')
    packages = [s.get("run") or s["uses"] for s in jobs["packages"]["steps"]]
    sums, signed, published = (next(i for i, s in enumerate(packages) if word in s)
                               for word in ("sha256sum", "cosign sign-blob", "gh release create"))
    assert sums < signed < published
    for script in re.findall(r"scripts/[\w-]+", " ".join(packages)):
        assert (ROOT / script).is_file(), script
    assert {name for name, job in jobs.items() if "id-token" in job.get("permissions", {})} == {"packages", "image"}
    assert all(job["needs"] == "check" for name, job in jobs.items() if name != "check")


def test_the_task_definition_fits_the_api_of_ecs():
    task = json.loads((ROOT / "deploy/ecs/task-definition.json").read_text())
    client = boto3.client("ecs", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    shape = client.meta.service_model.operation_model("RegisterTaskDefinition").input_shape
    report = botocore.validate.ParamValidator().validate(task, shape)
    assert not report.has_errors(), report.generate_report()
    (worker,) = task["containerDefinitions"]
    assert worker["stopTimeout"] > 30 + 4 and worker["readonlyRootFilesystem"] and worker["user"] == "10001"
    task["containerDefinitions"][0]["stopTimeout"] = "45"
    assert botocore.validate.ParamValidator().validate(task, shape).has_errors()


def test_the_sbom_names_every_library_and_is_the_same_each_time():
    command = [ROOT / "scripts/sbom", binary(), "1.2.3"]
    first, second = (subprocess.run(command, capture_output=True, text=True, check=True,
                                    env={**os.environ, "SOURCE_DATE_EPOCH": "1760000000"}).stdout for _ in range(2))
    assert first == second
    bill = json.loads(first)
    assert bill["spdxVersion"] == "SPDX-2.3" and bill["creationInfo"]["created"] == "2025-10-09T08:53:20Z"
    ids = [p["SPDXID"] for p in bill["packages"]]
    assert len(ids) == len(set(ids)) and ids[0] == "SPDXRef-asymptote-ingest"
    related = {r["relatedSpdxElement"]: r["relationshipType"] for r in bill["relationships"]}
    assert set(related) == set(ids)
    direct = {p["name"] for p in bill["packages"] if related[p["SPDXID"]] == "DYNAMIC_LINK"}
    wanted = subprocess.run([ROOT / "scripts/runtime-packages", binary()], capture_output=True, text=True, check=True)
    assert direct == set(wanted.stdout.split())
    for package in bill["packages"][1:]:
        assert package["versionInfo"] and package["externalRefs"][0]["referenceLocator"].startswith("pkg:deb/debian/")

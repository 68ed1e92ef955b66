# SPDX-License-Identifier: Apache-2.0
"""The chart: what Helm makes of it, and whether Kubernetes and tiercel accept that."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest
import yaml
from support import helm
from support.live import REPOSITORY

import tiercel
from tiercel.config.config import Config
from tiercel.engine.configured_rules import load_rules

CUSTOM = """\
- list: shop_images
  items: [registry.example.com/shop]

- macro: shop
  condition: container.image.repository in (shop_images)

- rule: Shell in the shop
  desc: A shell was started in a container of the shop.
  condition: evt.type in (execve, execveat) and proc.name in (sh, bash) and shop
  output: "shell in %container.name"
  priority: WARNING
"""
OVERRIDE = """\
- rule: Shell in the shop
  priority: CRITICAL
  override: {priority: replace}
"""


def container(objects, name="tiercel"):
    (found,) = objects[f"DaemonSet/{name}"]["spec"]["template"]["spec"]["containers"]
    return found


def pod(objects, name="tiercel"):
    return objects[f"DaemonSet/{name}"]["spec"]["template"]["spec"]


def config_of(objects, tmp_path):
    """The rendered configuration, read as the sensor reads it, with the paths of the image led to ``tmp_path``."""
    text = objects["ConfigMap/tiercel"]["data"]["tiercel.yaml"]
    path = tmp_path / "tiercel.yaml"
    path.write_text(
        text.replace("/usr/share/tiercel/rules", str(REPOSITORY / "rules")).replace("/etc/", f"{tmp_path}/")
    )
    return Config.load(path)


def mount(config_map, folder, version="..2026_11_26"):
    """Lay files down as a kubelet does: each a link through a link that it changes when the map does."""
    (folder / version).mkdir(parents=True)
    for name, content in config_map["data"].items():
        (folder / version / name).write_text(content)
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(os.path.join("..data", name))
    (folder / "..data_tmp").symlink_to(version)
    (folder / "..data_tmp").rename(folder / "..data")


def test_default_objects():
    objects = helm.rendered()
    assert set(objects) == {
        "ServiceAccount/tiercel",
        "ConfigMap/tiercel",
        "ConfigMap/tiercel-rules",
        "DaemonSet/tiercel",
    }
    assert all(found["metadata"].get("namespace") == helm.NAMESPACE for found in objects.values())


def test_capabilities_instead_of_privileges():
    context = container(helm.rendered())["securityContext"]
    assert context["capabilities"] == {"drop": ["ALL"], "add": ["BPF", "PERFMON", "SYS_PTRACE"]}
    assert context["allowPrivilegeEscalation"] is False
    assert context["readOnlyRootFilesystem"] is True
    assert "privileged" not in context


def test_nothing_of_the_node_is_mounted():
    spec = pod(helm.rendered())
    assert spec["hostPID"] is True
    assert "hostNetwork" not in spec
    assert all("hostPath" not in volume for volume in spec["volumes"])
    assert spec["automountServiceAccountToken"] is False


def test_the_default_configuration_is_accepted(tmp_path):
    objects = helm.rendered()
    mount(objects["ConfigMap/tiercel-rules"], tmp_path / "tiercel/rules.d")
    config = config_of(objects, tmp_path)
    assert config.json_output
    assert config.ignored == ()
    rules = load_rules(config, *config.rules_files)
    assert len(rules.rules) == len(tiercel.Ruleset.packaged().rules)
    assert container(objects)["args"] == ["run", "-c", "/etc/tiercel/config/tiercel.yaml"]


def test_custom_rules_add_and_change(tmp_path):
    objects = helm.rendered({"customRules": {"10-shop.yaml": CUSTOM, "20-shop.yaml": OVERRIDE}})
    rules_map = objects["ConfigMap/tiercel-rules"]
    assert rules_map["data"] == {"10-shop.yaml": CUSTOM, "20-shop.yaml": OVERRIDE}
    mount(rules_map, tmp_path / "tiercel/rules.d")
    config = config_of(objects, tmp_path)
    rules = load_rules(config, *config.rules_files)
    (shop,) = rules.matching(rule="Shell in the shop")
    assert shop.priority is tiercel.Priority.CRITICAL
    assert len(rules.rules) == len(tiercel.Ruleset.packaged().rules) + 1


@pytest.mark.parametrize("content", [CUSTOM, CUSTOM.rstrip("\n"), "\n" + CUSTOM, "# {{ .Values }} %proc.name\n\t\n"])
def test_custom_rules_arrive_byte_for_byte(content):
    objects = helm.rendered({"customRules": {"a.yaml": content}})
    assert objects["ConfigMap/tiercel-rules"]["data"] == {"a.yaml": content}


def test_pods_start_again_for_settings_that_no_sensor_reloads():
    def annotations(values):
        return helm.rendered(values)["DaemonSet/tiercel"]["spec"]["template"]["metadata"]["annotations"]

    before = annotations({})
    config = annotations({"tiercel": {"metrics": {"enabled": True}}})
    assert {key for key in before if before[key] != config[key]} == {"checksum/config"}
    assert annotations({"customRules": {"a.yaml": CUSTOM}}) == before, "a sensor loads changed rules itself"
    settings = {"priority": "warning", "http_output": {"enabled": True, "url": "http://collector.example.com"}}
    assert annotations({"tiercel": settings}) == before, "a sensor loads these settings itself"


def test_pods_start_again_for_rules_that_no_sensor_watches():
    def annotations(values):
        unwatched = {"tiercel": {"watch_config_files": False}, **values}
        return helm.rendered(unwatched)["DaemonSet/tiercel"]["spec"]["template"]["metadata"]["annotations"]

    before, rules = annotations({}), annotations({"customRules": {"a.yaml": CUSTOM}})
    assert {key for key in before if before[key] != rules[key]} == {"checksum/config"}


@pytest.mark.kernel
def test_a_sensor_reloads_a_changed_config_map(tmp_path):
    """The paths are those of the pod, below a folder of the test's own."""

    def config_map(**settings):
        values = {"rules_files": [str(tmp_path / "rules")], "webserver": {"enabled": False}, **settings}
        return helm.rendered({"tiercel": values})["ConfigMap/tiercel"]

    mount(helm.rendered({"customRules": {"a.yaml": CUSTOM}})["ConfigMap/tiercel-rules"], tmp_path / "rules")
    mount(config_map(), tmp_path / "config")
    command = [sys.executable, "-m", "tiercel", "run", "-c", str(tmp_path / "config/tiercel.yaml")]
    command += ["--pid", str(os.getpid())]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        lines = iter(process.stderr.readline, "")
        assert any("watching (" in line for line in lines)
        mount(config_map(priority="critical"), tmp_path / "config", "..2026_11_27")
        reloaded = next(line for line in lines if "reloaded (" in line)
        process.terminate()
        process.communicate()
    assert "settings: priority" in reloaded


def test_rules_that_no_sensor_can_load_end_one_and_not_all(tmp_path):
    """Without a probe a pod counts as ready when it has started: the next one must wait until it would have ended."""
    objects = helm.rendered({"customRules": {"a.yaml": CUSTOM.replace("(shop_images)", "(nowhere")}})
    mount(objects["ConfigMap/tiercel-rules"], tmp_path / "tiercel/rules.d")
    config_of(objects, tmp_path)
    command = [sys.executable, "-m", "tiercel", "run", "-c", str(tmp_path / "tiercel.yaml")]
    assert subprocess.run(command, capture_output=True, check=False, timeout=60).returncode == 2
    assert objects["DaemonSet/tiercel"]["spec"]["minReadySeconds"] >= 10


def test_configuration_is_merged_with_the_defaults(tmp_path):
    selection = [{"disable": {"rule": "*"}}, {"enable": {"tag": "container"}}]
    objects = helm.rendered({"tiercel": {"json_output": False, "rules": selection, "rules_files": ["/etc/x"]}})
    config = config_of(objects, tmp_path)
    assert not config.json_output
    assert config.stdout_output
    assert [entry.enable for entry in config.rules] == [False, True]
    assert config.rules_files == (f"{tmp_path}/x",)


@pytest.mark.parametrize("enabled", [True, False])
def test_kubernetes_adds_a_token_and_the_right_to_read(tmp_path, enabled):
    objects = helm.rendered({"kubernetes": {"enabled": enabled}})
    assert pod(objects)["automountServiceAccountToken"] is enabled
    assert config_of(objects, tmp_path).kubernetes.enabled is enabled
    assert ("ClusterRole/tiercel" in objects) is enabled
    if enabled:
        (subject,) = objects["ClusterRoleBinding/tiercel"]["subjects"]
        assert subject == {"kind": "ServiceAccount", "name": "tiercel", "namespace": helm.NAMESPACE}
        assert objects["ClusterRoleBinding/tiercel"]["roleRef"]["name"] == "tiercel"
        verbs = {verb for rule in objects["ClusterRole/tiercel"]["rules"] for verb in rule["verbs"]}
        assert verbs == {"get", "list", "watch"}


def test_engines_are_settings(tmp_path):
    engines = {"docker": {"enabled": False}, "cri": {"enabled": True, "sockets": ["/run/other.sock"]}}
    config = config_of(helm.rendered({"tiercel": {"container_engines": engines}}), tmp_path)
    assert config.container_engines.sockets["docker"] == ()
    assert config.container_engines.sockets["cri"] == ("/run/other.sock",)


def test_everything_else_that_can_be_set():
    values = {
        "image": {"repository": "registry.example.com/tiercel", "tag": "1.2", "pullPolicy": "Always"},
        "imagePullSecrets": [{"name": "secret"}],
        "fullnameOverride": "falcon",
        "args": ["--containers"],
        "hostRoot": "/host",
        "serviceAccount": {"create": False, "name": "mine"},
        "resources": {"limits": {"memory": "1Gi"}},
        "tolerations": [{"operator": "Exists"}],
        "nodeSelector": {"pool": "web"},
        "affinity": {"nodeAffinity": {}},
        "priorityClassName": "system-node-critical",
        "updateStrategy": {"type": "OnDelete"},
        "minReadySeconds": 60,
        "podLabels": {"team": "blue"},
        "podAnnotations": {"note": "x"},
        "podSecurityContext": {"supplementalGroups": [998]},
        "extraEnv": [{"name": "A", "value": "b"}],
        "extraVolumes": [{"name": "tmp", "emptyDir": {}}],
        "extraVolumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
    }
    objects = helm.rendered(values, name="release", namespace="other")
    assert set(objects) == {"ConfigMap/falcon", "ConfigMap/falcon-rules", "DaemonSet/falcon"}
    spec, main = pod(objects, "falcon"), container(objects, "falcon")
    assert main["image"] == "registry.example.com/tiercel:1.2"
    assert main["args"][-1] == "--containers"
    assert main["resources"]["limits"] == {"cpu": "1000m", "memory": "1Gi"}
    assert {"name": "HOST_ROOT", "value": "/host"} in main["env"]
    assert {"name": "A", "value": "b"} in main["env"]
    assert main["volumeMounts"][-1] == {"name": "tmp", "mountPath": "/tmp"}
    assert spec["volumes"][-1] == {"name": "tmp", "emptyDir": {}}
    assert spec["serviceAccountName"] == "mine"
    assert spec["tolerations"] == [{"operator": "Exists"}]
    assert spec["nodeSelector"] == {"kubernetes.io/os": "linux", "pool": "web"}
    assert spec["priorityClassName"] == "system-node-critical"
    assert spec["securityContext"] == {"supplementalGroups": [998]}
    assert spec["imagePullSecrets"] == [{"name": "secret"}]
    assert {volume.get("configMap", {}).get("name") for volume in spec["volumes"]} == {"falcon", "falcon-rules", None}
    metadata = objects["DaemonSet/falcon"]["spec"]["template"]["metadata"]
    assert metadata["labels"]["team"] == "blue"
    assert metadata["annotations"]["note"] == "x"
    assert objects["DaemonSet/falcon"]["spec"]["updateStrategy"] == {"type": "OnDelete"}
    assert objects["DaemonSet/falcon"]["spec"]["minReadySeconds"] == 60


@pytest.mark.parametrize(
    "values",
    [
        {"customRules": {"rules.txt": "x"}},
        {"customRules": {"a.yaml": [{"list": "a"}]}},
        {"customrules": {}},
        {"image": {"repository": ""}},
        {"image": {"pullPolicy": "Sometimes"}},
        {"kubernetes": {"enabled": "yes"}},
        {"args": "--containers"},
        {"driver": {"kind": "gvisor"}},
        {"controller": {"kind": "deployment"}},
        {"collectors": {"containerEngin": {}}},
        {"metrics": {"enable": True}},
        {"healthChecks": {"liveness": {}}},
        {"tiercel": {"prioritty": "debug"}},
        {"tiercel": {"http_output": {"enable": True}}},
        {"tiercel": {"priority": "high"}},
        {"falco": {"jsn_output": True}},
    ],
    ids=json.dumps,
)
def test_values_that_mean_nothing_are_refused(values):
    with pytest.raises(helm.ChartError):
        helm.render(values)


def test_schema_lists_every_value():
    values = yaml.safe_load((helm.CHART / "values.yaml").read_text())
    schema = json.loads((helm.CHART / "values.schema.json").read_text())
    assert set(schema["properties"]) == set(values) | {"global"}


@pytest.mark.parametrize(
    ("name", "values"),
    [("tiercel.yaml", {}), ("tiercel-with-api-server.yaml", {"kubernetes": {"enabled": True}})],
)
def test_plain_manifests_are_those_of_the_chart(name, values, golden):
    text = helm.manifest(values)
    golden(REPOSITORY / "deploy/kubernetes" / name, text)
    assert {found["kind"] for found in helm.objects(text)} >= {"Namespace", "DaemonSet", "ConfigMap", "ServiceAccount"}
    assert "helm" not in text.lower().replace("deploy/helm", "")


def test_version_is_that_of_the_package():
    chart = yaml.safe_load((helm.CHART / "Chart.yaml").read_text())
    (version,) = re.findall(r'^version = "(.*)"$', (REPOSITORY / "pyproject.toml").read_text(), re.MULTILINE)
    assert chart["appVersion"] == version


FALCOS_VALUES = """\
image: {registry: registry.example.com, repository: security/tiercel}
tty: true
driver:
  kind: modern_ebpf
  loader: {enabled: false}
  modernEbpf: {leastPrivileged: true, bufSizePreset: 6}
collectors:
  containerEngine:
    labelMaxLen: 50
    engines:
      docker: {enabled: false}
      cri: {enabled: true, sockets: [/run/other.sock]}
  kubernetes: {enabled: true, collectorHostname: collector}
controller:
  annotations: {owner: blue}
  daemonset: {updateStrategy: {type: OnDelete}}
podPriorityClassName: high
extra:
  env: [{name: A, value: b}]
  initContainers: [{name: wait, image: busybox}]
mounts:
  volumes: [{name: tmp, emptyDir: {}}]
  volumeMounts: [{name: tmp, mountPath: /tmp}]
services:
  - {name: web, type: NodePort, ports: [{port: 9765, nodePort: 30007, protocol: TCP}]}
certs: {existingSecret: server, existingClientSecret: client}
falcoctl: {artifact: {install: {enabled: true}}}
falcosidekick: {enabled: true, webui: {enabled: true}}
metrics: {enabled: true, interval: 5m, rulesCountersEnabled: false}
serviceMonitor: {create: true, labels: {release: prometheus}}
customRules: {a.yaml: "- list: a"}
falco:
  json_output: false
  priority: warning
  rules_files: [/etc/falco/falco_rules.yaml, /etc/falco/rules.d]
"""


def test_values_of_falcos_chart():
    values = yaml.safe_load(FALCOS_VALUES)
    files = helm.render(values)
    monitor = yaml.safe_load(files.pop("servicemonitor.yaml"))  # a kind that Kubernetes itself does not have
    texts = [text for name, text in files.items() if name.endswith(".yaml")]
    objects = {f"{one['kind']}/{one['metadata']['name']}": one for text in texts for one in helm.objects(text)}

    config = yaml.safe_load(objects["ConfigMap/tiercel"]["data"]["tiercel.yaml"])
    assert config["json_output"] is True, "falcosidekick reads JSON"
    assert config["http_output"]["enabled"] is True
    assert config["http_output"]["url"].partition("//")[2] == "tiercel-falcosidekick:2801"
    assert config["priority"] == "warning"
    assert config["rules_files"] == ["/etc/falco/falco_rules.yaml", "/etc/falco/rules.d"]
    assert config["engine"] == {"kind": "modern_ebpf", "modern_ebpf": {"buf_size_preset": 6}}
    assert config["kubernetes"] == {"enabled": True}
    engines = config["container_engines"]
    assert engines == {
        "docker": {"enabled": False},
        "cri": {"enabled": True, "sockets": ["/run/other.sock"]},
        "label_max_len": 50,
    }
    assert config["metrics"] == {
        "enabled": True,
        "interval": "5m",
        "output_rule": False,
        "rules_counters_enabled": False,
    }
    assert config["webserver"]["prometheus_metrics_enabled"] is True

    daemonset, spec, main = objects["DaemonSet/tiercel"], pod(objects), container(objects)
    assert daemonset["metadata"]["annotations"] == {"owner": "blue"}
    assert daemonset["spec"]["updateStrategy"] == {"type": "OnDelete"}
    assert main["image"].startswith("registry.example.com/security/tiercel:")
    assert main["tty"] is True
    assert {"name": "A", "value": "b"} in main["env"]
    assert spec["initContainers"] == [{"name": "wait", "image": "busybox"}]
    assert spec["priorityClassName"] == "high"
    mounts = {one["mountPath"]: one["name"] for one in main["volumeMounts"]}
    assert mounts["/etc/falco/rules.d"] == mounts["/etc/tiercel/rules.d"] == "rules"
    assert mounts["/etc/falco/certs"] == "certs"
    assert mounts["/etc/falco/certs/client"] == "client-certs"
    assert mounts["/tmp"] == "tmp"
    assert {volume["name"] for volume in spec["volumes"]} == set(mounts.values())
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert main[probe]["httpGet"] == {"path": "/healthz", "port": "web", "scheme": "HTTP"}
    assert main["ports"] == [{"name": "web", "containerPort": 8765}]

    assert objects["Service/tiercel-web"]["spec"]["ports"][0]["nodePort"] == 30007
    service = objects["Service/tiercel-metrics"]
    assert service["spec"]["ports"][0]["targetPort"] == "web"
    wanted = monitor["spec"]["selector"]["matchLabels"]
    assert wanted.items() <= service["metadata"]["labels"].items()
    assert not wanted.items() <= objects["Service/tiercel-web"]["metadata"]["labels"].items()
    assert monitor["metadata"]["labels"]["release"] == "prometheus"

    notes = files["NOTES.txt"]
    for name in ("falcoctl", "driver.loader", "collectors.kubernetes.*", "falco.rules_files"):
        assert f"\n  {name}: " in notes
    assert "driver.kind" not in notes
    assert config["http_output"]["url"] in notes


def test_the_values_file_that_falcos_chart_ships(tmp_path):
    """All of it is accepted; what has no effect is listed."""
    values = yaml.safe_load((REPOSITORY / "tests/deploy/falco-values.yaml").read_text())
    with pytest.raises(helm.ChartError, match="name the image that you built"):
        helm.render(values)
    values["image"]["repository"] = "tiercel"
    config = config_of(helm.rendered(values), tmp_path)
    assert {one.key for one in config.ignored} <= {"falco_libs.snaplen", "output_timeout", "log_syslog", "libs_logger"}
    assert config.webserver.enabled
    assert config.append_output
    notes = helm.render(values)["NOTES.txt"].partition("Values without effect:\n")[2]
    assert [line.partition(":")[0].strip() for line in notes.splitlines() if line] == [
        "falcoctl",
        "falco.rules_files",
        "driver.loader",
        "driver.kind",
        "collectors.containerEngine.pluginRef",
        "collectors.containerEngine.withSize",
        "collectors.containerEngine.hooks",
        "collectors.kubernetes.*",
        "responseActions, falco-talon",
        "grafana",
        "scc",
        "metrics.service.ports",
        "certs.server, certs.ca, certs.client",
    ]


def test_the_hostname_of_alerts_is_the_node_unless_it_is_given():
    def hostnames(values):
        return [one["value"] for one in container(helm.rendered(values))["env"] if one["name"] == "FALCO_HOSTNAME"]

    assert hostnames({}) == ["$(TIERCEL_NODE_NAME)"]
    assert hostnames({"falcoHostnameEnv": False}) == []
    given = [{"name": "FALCO_HOSTNAME", "value": "mine"}]
    assert hostnames({"extra": {"env": given}}) == hostnames({"extraEnv": given}) == ["mine"]


def test_notes_are_silent_about_our_own_values():
    assert "without effect" not in helm.render({})["NOTES.txt"]


def test_probes_of_the_default_reach_the_web_server(tmp_path):
    objects = helm.rendered()
    main = container(objects)
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert main[probe]["httpGet"] == {"path": "/healthz", "port": "web", "scheme": "HTTP"}
    config = config_of(objects, tmp_path).webserver
    assert (config.enabled, config.address) == (True, "0.0.0.0")
    assert main["ports"] == [{"name": "web", "containerPort": config.port}]


def test_probes_follow_the_web_server():
    off = helm.rendered({"tiercel": {"webserver": {"enabled": False}}})
    assert not {"ports", "livenessProbe"} & set(container(off))
    objects = helm.rendered(
        {"tiercel": {"webserver": {"listen_port": 9000, "ssl_enabled": True}}, "healthChecks": {"startupProbe": None}}
    )
    main = container(objects)
    assert main["ports"][0]["containerPort"] == 9000
    assert main["livenessProbe"]["httpGet"]["scheme"] == "HTTPS"
    assert "startupProbe" not in main


def test_without_a_driver_the_sensor_has_no_probe():
    objects = helm.rendered({"driver": {"enabled": False}, "collectors": {"enabled": False}})
    config = yaml.safe_load(objects["ConfigMap/tiercel"]["data"]["tiercel.yaml"])
    assert config["engine"] == {"kind": "nodriver"}
    assert "livenessProbe" not in container(objects), "no web server answers"
    assert config["container_engines"] == {key: {"enabled": False} for key in ("docker", "podman", "cri", "containerd")}


def test_arguments_of_falco_run_falcos_command_line():
    args = container(helm.rendered({"extra": {"args": ["--disable-source", "syscall"]}}))["args"]
    assert args == ["falco", "-c", "/etc/tiercel/config/tiercel.yaml", "--disable-source", "syscall"]


def test_falcos_image_is_refused():
    with pytest.raises(helm.ChartError, match="name the image that you built"):
        helm.render({"image": {"repository": "falcosecurity/falco"}})

# SPDX-License-Identifier: Apache-2.0
"""``tiercel doctor``: every check can fail, says why, and says what to do."""

from __future__ import annotations

import json
import resource
import subprocess
import sys

import pytest
from support.fake_engine import FakeEngine
from support.kube_api import ApiServer

from tiercel import cli
from tiercel.cli import doctor
from tiercel.kubernetes import settings as kube_settings
from tiercel.kubernetes.settings import KubernetesSettings


def one(make, name):
    return {check.name: check for check in make()}[name]


@pytest.mark.kernel
def test_here_it_can_run(capsys):
    assert cli.main(["doctor"]) == 0
    assert capsys.readouterr().out.endswith("The live sensor can run.\n")


@pytest.mark.kernel
def test_json(capsys):
    assert cli.main(["doctor", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["can_run"] is True
    assert all(set(check) == {"name", "status", "found", "advice"} for check in report["checks"])
    assert {check["status"] for check in report["checks"]} <= {"ok", "warn"}


def test_without_privileges():
    """As an ordinary user: exit 1, what is missing, no traceback."""
    script = (
        "import os, sys; os.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534);"
        "from tiercel.cli import doctor; import argparse;"
        "sys.exit(doctor.run(argparse.Namespace(json=True)))"
    )
    # The tree may not be readable for others.
    modules = ("cli.doctor", "_core.probe.probe", "containers.engines.discovery", "kubernetes.client")
    before = "".join(f"import tiercel.{module}\n" for module in modules)
    done = subprocess.run([sys.executable, "-c", before + script], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert checks["privileges"]["status"] == "fail"
    assert "CAP_BPF" in checks["privileges"]["advice"]
    assert checks["probe"]["status"] == "fail"


def test_every_finding_that_is_not_ok_has_advice(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "_BTF", tmp_path / "no-btf")
    monkeypatch.setattr(doctor, "_OBJECT", tmp_path / "no-object")
    monkeypatch.setattr(doctor, "_read", lambda path: "")
    found = doctor.checks()
    assert all(check.advice for check in found if check.status != "ok")
    assert {"btf", "probe", "privileges"} <= {check.name for check in found if check.status == "fail"}


def test_no_btf(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "_BTF", tmp_path / "none")
    check = one(doctor._btf, "btf")
    assert check.status == "fail"
    assert "CONFIG_DEBUG_INFO_BTF" in check.advice


@pytest.mark.parametrize(
    ("names", "status"),
    [([*doctor._HOOKS, "bpf_iter"], "ok"), (doctor._HOOKS, "warn"), (["sched_process_exec"], "fail")],
    ids=["all", "no iterator", "no tracepoints"],
)
def test_hooks(monkeypatch, tmp_path, names, status):
    typedefs = ["bpf_iter__task" if name == "bpf_iter" else f"btf_trace_{name}" for name in names]
    blob = tmp_path / "vmlinux"
    blob.write_bytes(b"\0".join([b"", *(name.encode() for name in typedefs), b""]))
    monkeypatch.setattr(doctor, "_BTF", blob)
    assert one(doctor._btf, "hooks").status == status


def test_optional_hooks(monkeypatch, tmp_path):
    blob = tmp_path / "vmlinux"
    blob.write_bytes(b"\0".join([b"", *(f"btf_trace_{name}".encode() for name in doctor._HOOKS), b""]))
    monkeypatch.setattr(doctor, "_BTF", blob)
    found = [check for check in doctor._btf() if check.name == "optional hooks"]
    assert [check.status for check in found] == ["warn", "warn"]
    assert "io_uring" in found[0].found


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("none [integrity] confidentiality", "ok"),
        ("none integrity [confidentiality]", "fail"),
        ("[none] integrity confidentiality", "ok"),
        ("", "ok"),
    ],
)
def test_lockdown(monkeypatch, text, status):
    monkeypatch.setattr(doctor, "_read", lambda path: text)
    assert one(doctor._lockdown, "lockdown").status == status


def test_capabilities(monkeypatch):
    def effective(*bits):
        monkeypatch.setattr(doctor, "_read", lambda path: f"CapEff:\t{sum(1 << bit for bit in bits):016x}\n")
        return one(doctor._privileges, "privileges")

    needed, useful = (doctor._CAP_BPF, doctor._CAP_PERFMON), (doctor._CAP_SYS_PTRACE, doctor._CAP_DAC_READ_SEARCH)
    assert effective(doctor._CAP_SYS_ADMIN, *useful).status == "ok"
    assert effective(*needed, *useful).status == "ok"
    assert effective(*needed, doctor._CAP_SYS_PTRACE).found.endswith("without CAP_DAC_READ_SEARCH")
    check = effective(*needed)
    assert check.status == "warn"
    assert check.found.endswith("without CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH")
    assert "names of users in containers" in check.advice
    assert effective(doctor._CAP_BPF).found.endswith("without CAP_PERFMON")
    assert effective().found.endswith("without CAP_BPF and CAP_PERFMON")


def test_memlock(monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda which: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert one(doctor._memlock, "memlock").found == "unlimited"
    monkeypatch.setattr(resource, "getrlimit", lambda which: (65536, 65536))
    assert one(doctor._memlock, "memlock").found.startswith("65,536 bytes")


def test_cgroup_v2(monkeypatch):
    monkeypatch.setattr(doctor, "_read", lambda path: "none /sys/fs/cgroup/unified cgroup2 rw 0 0\n")
    assert one(doctor._cgroups, "cgroup v2").found == "/sys/fs/cgroup/unified"
    monkeypatch.setattr(doctor, "_read", lambda path: "tmpfs /sys/fs/cgroup tmpfs rw 0 0\n")
    assert one(doctor._cgroups, "cgroup v2").status == "warn"


def test_container_engines_are_asked(monkeypatch, tmp_path):
    monkeypatch.setenv("HOST_ROOT", str(tmp_path))
    assert one(doctor._engines, "container engine").found.startswith("none listens")
    (tmp_path / "run/podman").mkdir(parents=True)
    (tmp_path / "var").mkdir()
    (tmp_path / "var/run").symlink_to("/run")
    with FakeEngine(tmp_path / "run/docker.sock") as docker:
        check = one(doctor._engines, "container engine")
        assert (check.status, check.found) == ("ok", f"docker 1.2.3 at {docker.path}")
    with FakeEngine(tmp_path / "run/podman/podman.sock", "/v4.0.0/libpod") as podman:
        podman.cut = 10
        check = one(doctor._engines, "container engine")
    assert (check.status, check.advice != "") == ("warn", True)
    assert check.found.startswith("podman cannot be queried")


def test_the_cluster_is_asked_for_pods_of_this_node(monkeypatch, tmp_path):
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    assert one(doctor._kubernetes, "kubernetes").found.startswith("no service account")
    with ApiServer(tmp_path) as server:
        account = str(server.account)
        monkeypatch.setattr(kube_settings, "KubernetesSettings", lambda: KubernetesSettings(account=account))
        for name, value in {**server.environment, "TIERCEL_NODE_NAME": "node-1"}.items():
            monkeypatch.setenv(name, value)
        check = one(doctor._kubernetes, "kubernetes")
        assert (check.status, check.found) == ("warn", "the cluster has no pod on a node node-1")
        server.store.put("pods", {"metadata": {"name": "a", "namespace": "b"}, "spec": {"nodeName": "node-1"}})
        check = one(doctor._kubernetes, "kubernetes")
        assert (check.status, check.found) == ("ok", "1 pods on node node-1")
        server.forbidden.add(("list", "pods"))
        check = one(doctor._kubernetes, "kubernetes")
        assert (check.status, check.advice != "") == ("warn", True)
        assert "403" in check.found

# SPDX-License-Identifier: Apache-2.0
"""``container.*`` and ``k8s.*``: all values of the host, and of a container its id and its metadata."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from support.core import HEADER, PID, START, event, outputs, read
from support.host import Host

from tiercel._core.api.evaluator import Evaluator
from tiercel._core.eval.program_build import RuleProgram
from tiercel._core.state.process_table import ProcessTable
from tiercel.compiler.ir.program import Read
from tiercel.schema.fields import FIELDS

ID = "3f" * 32
HOST = ("container.id", "container.full_id", "container.name", "container.type")
FLAGS = ("container.privileged", "container.host_pid", "container.host_network", "container.host_ipc")
TIMES = ("container.start_ts", "container.duration")
EMPTY = (
    "container.image",
    "container.image.id",
    "container.image.repository",
    "container.image.tag",
    "container.image.digest",
    "container.ip",
    "container.cni.json",
    "container.mounts",
    "container.labels",
    "container.user",
    "k8s.pod.sandbox_id",
    "k8s.pod.full_sandbox_id",
    "k8s.pod.labels",
    "k8s.pod.ip",
    "k8s.pod.cni.json",
)
NOTHING = (
    "container.healthcheck",
    "container.liveness_probe",
    "container.readiness_probe",
    "container.label[app]",
    "container.mount[0]",
    "container.mount.source[/]",
    "container.mount.dest[/]",
    "container.mount.mode[0]",
    "container.mount.rdwr[0]",
    "container.mount.propagation[0]",
    "container.env",
    "container.capabilities",
    "k8s.ns.name",
    "k8s.pod.name",
    "k8s.pod.id",
    "k8s.pod.uid",
    "k8s.pod.label[app]",
)
CHECKS = tuple(f"proc.is_container_{name}" for name in ("healthcheck", "liveness_probe", "readiness_probe"))

MOUNTS = (
    ("/var/lib/data", "/data", "", "true", "rprivate"),
    ("/etc", "/host/etc", "ro", "false", "rslave"),
    ("/var/run/docker.sock", "/var/run/docker.sock", "", "true", "private"),
)
METADATA_VALUES: dict[str, Any] = {
    "full_id": ID,
    "name": "web",
    "type": "docker",
    "image": "registry:5000/shop/web:1.2",
    "image.id": "9a" * 32,
    "image.repository": "registry:5000/shop/web",
    "image.tag": "1.2",
    "image.digest": "sha256:00",
    "ip": "10.0.0.2",
    "cni.json": "{}",
    "user": "1000",
    "privileged": True,
    "host_pid": False,
    "host_network": True,
    "host_ipc": False,
    "mounts": MOUNTS,
    "labels": {
        "b": "2",
        "a": "1",
        "annotation.x": "hidden",
        "io.kubernetes.pod.name": "hidden",
    },
    "env": ["A=1", "B=2 3"],
    "capabilities": ["CAP_NET_ADMIN"],
    "healthcheck": ["/bin/sh", "-c", "curl localhost"],
    "liveness_probe": ["/live"],
    "readiness_probe": [],
    "pod.sandbox_id": "5c" * 32,
    "pod.labels": {"app": "shop", "tier": ""},
    "pod.ip": "10.1.2.3",
    "pod.name": "shop-7",
    "pod.namespace": "prod",
    "pod.uid": "63b3ebfc-2890-11e9-8154-16bf8ef8d9dc",
    "pod.cni.json": "[]",
}
SHOWN = {
    "container.id": ID[:12],
    "container.full_id": ID,
    "container.name": "web",
    "container.type": "docker",
    "container.image": "registry:5000/shop/web:1.2",
    "container.image.id": "9a" * 32,
    "container.image.repository": "registry:5000/shop/web",
    "container.image.tag": "1.2",
    "container.image.digest": "sha256:00",
    "container.ip": "10.0.0.2",
    "container.cni.json": "{}",
    "container.user": "1000",
    "container.privileged": True,
    "container.host_pid": False,
    "container.host_network": True,
    "container.host_ipc": False,
    "container.mounts": ",".join(":".join(mount) for mount in MOUNTS),
    "container.mount[1]": "/etc:/host/etc:ro:false:rslave",
    "container.mount[3]": None,
    "container.mount[^/etc$]": "/etc:/host/etc:ro:false:rslave",
    "container.mount[docker]": ":".join(MOUNTS[2]),
    "container.mount[nowhere]": None,
    "container.mount[(lib]": None,
    "container.mount.source[^/host]": "/etc",
    "container.mount.source[2]": "/var/run/docker.sock",
    "container.mount.dest[lib]": "/data",
    "container.mount.dest[/data]": "/data",
    "container.mount.dest[/host]": None,
    "container.mount.mode[^/etc]": "ro",
    "container.mount.mode[0]": "",
    "container.mount.rdwr[^/etc]": "false",
    "container.mount.rdwr[0]": "true",
    "container.mount.propagation[1]": "rslave",
    "container.label[a]": "1",
    "container.label[annotation.x]": "hidden",
    "container.label[c]": None,
    "container.labels": "a:1, b:2",
    "container.env": ["A=1", "B=2 3"],
    "container.capabilities": ["CAP_NET_ADMIN"],
    "container.healthcheck": "/bin/sh -c curl localhost",
    "container.liveness_probe": "/live",
    "container.readiness_probe": None,
    "k8s.ns.name": "prod",
    "k8s.pod.name": "shop-7",
    "k8s.pod.id": "63b3ebfc-2890-11e9-8154-16bf8ef8d9dc",
    "k8s.pod.uid": "63b3ebfc-2890-11e9-8154-16bf8ef8d9dc",
    "k8s.pod.label[app]": "shop",
    "k8s.pod.label[tier]": "",
    "k8s.pod.label[x]": None,
    "k8s.pod.labels": "app:shop, tier:",
    "k8s.pod.sandbox_id": "5c" * 6,
    "k8s.pod.full_sandbox_id": "5c" * 32,
    "k8s.pod.ip": "10.1.2.3",
    "k8s.pod.cni.json": "[]",
    **dict.fromkeys(CHECKS, False),
}


def table(*cgroups: str, pidns_start_ns: int = 0) -> ProcessTable:
    found = ProcessTable()
    found.seed(tgid=PID, start_ns=START, comm="cat", cgroups=list(cgroups), pidns_start_ns=pidns_start_ns)
    return found


def test_every_field_is_tested() -> None:
    tested = {name.partition("[")[0] for name in (*SHOWN, *TIMES)}
    assert tested == {row.name for row in FIELDS if row.extractor_module == "container"}


def test_the_host() -> None:
    host = table("cpu=/user.slice")
    assert read(event("kill"), *HOST, table=host) == ("host",) * 4
    assert read(event("kill"), *FLAGS, *CHECKS, table=host) == (False,) * 7
    assert read(event("kill"), *EMPTY, table=host) == ("",) * len(EMPTY)
    assert read(event("kill"), *NOTHING, table=host) == (None,) * len(NOTHING)


def test_a_container_of_which_nothing_is_told() -> None:
    inside = table(f"cpu=/docker/{ID}")
    names = [name for name in SHOWN if name != "container.id"]
    assert read(event("kill"), "container.id", *names, table=inside) == (ID[:12], *([None] * len(names)))
    assert inside.set_container(ID[:12], dict.fromkeys(METADATA_VALUES))
    names = [name for name in names if name not in CHECKS]
    assert read(event("kill"), *names, table=inside) == (None,) * len(names)


def test_what_is_told_of_a_container() -> None:
    inside = table(f"cpu=/docker/{ID}")
    assert inside.set_container(ID[:12], METADATA_VALUES)
    assert dict(zip(SHOWN, read(event("kill"), *SHOWN, table=inside), strict=True)) == SHOWN
    assert inside.container_missing(ID[:12])  # what was known stays
    assert read(event("kill"), "container.name", table=inside) == "web"
    assert inside.set_container(ID[:12], {"name": "new"})
    assert read(event("kill"), "container.name", "container.image", table=inside) == ("new", None)


def test_a_pod_without_address() -> None:
    inside = table(f"cpu=/docker/{ID}")
    inside.set_container(ID[:12], {"pod.ip": "", "pod.cni.json": "", "ip": ""})
    fields = ("k8s.pod.ip", "k8s.pod.cni.json", "container.ip")
    assert read(event("kill"), *fields, table=inside) == (None, None, "")


def test_what_runs_for_a_health_check() -> None:
    """The process that the engine starts, its later execs and its children; no process that the container starts."""
    host = Host()
    inside, command = [f"cpu=/docker/{ID}"], ("/bin/sh", "-c", "curl localhost")
    host.exec(1, "/sbin/init", cgroups=["cpu=/"])
    host.fork(1, 20)
    host.exec(20, "/bin/app", cgroups=inside)
    host.table.set_container(ID[:12], METADATA_VALUES)
    for pid in (30, 40, 50):
        host.fork(1, pid)
    host.exec(30, *command, cgroups=inside)
    host.fork(30, 31)
    host.exec(31, "/bin/true", cgroups=inside)
    host.exec(30, "/usr/bin/curl", "localhost", cgroups=inside)
    host.exec(40, *command, "more", cgroups=inside)
    host.exec(50, "/live", cgroups=inside)
    host.fork(20, 21)
    host.exec(21, *command, cgroups=inside)
    found = {pid: host.read(pid, *CHECKS) for pid in (20, 21, 30, 31, 40, 50)}
    none, health, live = (False,) * 3, (True, False, False), (False, True, False)
    assert found == {20: none, 21: none, 30: health, 31: health, 40: none, 50: live}


NAMES = st.text("ab.\x00é\ud800", max_size=4)
DETAILS = st.fixed_dictionaries(
    {},
    optional={
        "name": NAMES | st.none(),
        "privileged": st.booleans(),
        "labels": st.dictionaries(NAMES, NAMES, max_size=8),
        "env": st.lists(NAMES, max_size=5),
        "mounts": st.lists(st.tuples(*[NAMES] * 5), max_size=4),
    },
)


def whole(text: str) -> str:
    """The text as UTF-8 can say it."""
    return text.encode("utf-8", "replace").decode()


@given(details=DETAILS)
def test_whatever_is_told_is_shown(details: dict[str, Any]) -> None:
    inside = table(f"cpu=/docker/{ID}")
    assert inside.set_container(ID[:12], details)
    labels = {whole(key): whole(value) for key, value in sorted(details.get("labels", {}).items(), reverse=True)}
    fields = ("container.name", "container.privileged", "container.env", "container.mounts", "container.labels")
    name, privileged, env, mounts, shown = read(event("kill"), *fields, table=inside)
    assert name == (None if details.get("name") is None else whole(details["name"]))
    assert privileged == details.get("privileged")
    assert (env or []) == [whole(text) for text in details.get("env", [])]
    assert (mounts or "") == ",".join(":".join(map(whole, mount)) for mount in details.get("mounts", []))
    assert (shown or "").count(":") == len(details.get("labels", {}))
    for key, value in labels.items():
        if "]" not in key and key:
            assert inside.set_container(ID[:12], {"labels": labels})
            evaluator = Evaluator(RuleProgram(outputs(Read("container.label", key))), inside)
            (alert,) = evaluator.feed(event("kill"))
            assert alert.values == (value,)


def test_a_container_starts_with_its_pid_namespace() -> None:
    inside = table(f"cpu=/docker/{ID}", pidns_start_ns=START + 1)
    assert read(event("kill"), *TIMES, table=inside) == (START + 1, HEADER["time_ns"] - START - 1)
    assert read(event("kill"), *TIMES, table=table("cpu=/", pidns_start_ns=1)) == (None, None)
    assert read(event("kill"), *TIMES, table=table(f"cpu=/docker/{ID}")) == (None, None)


def test_descriptors_carry_the_container() -> None:
    record = event("openat", {"fd": 3, "name": "/etc/x", "flags": 1}, file={"type": "file"})
    fields = ("fd.containername", "fd.containerdirectory")
    assert read(record, *fields, table=table("cpu=/")) == (":/etc/x", ":/etc")
    assert read(record, *fields, table=table(f"cpu=/docker/{ID}")) == (f"{ID[:12]}:/etc/x", f"{ID[:12]}:/etc")
    assert read(record, *fields) == (":/etc/x", ":/etc")
    assert read(event("kill"), *fields) == (None, None)


def test_users_of_a_container_are_not_those_of_the_host() -> None:
    for cgroup, expected in (("cpu=/", ("/srv", "/bin/sh")), (f"cpu=/docker/{ID}", ("<NA>", "<NA>"))):
        here = table(cgroup)
        here.set_users({1000: "me"}, {1000: "/srv"}, {1000: "/bin/sh"})
        assert read(event("kill"), "user.homedir", "user.shell", table=here) == expected

# SPDX-License-Identifier: Apache-2.0
"""Container fields of alerts, compared with the metadata of the real engines."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from support.engines.daemons import Docker, Engine, Podman
from support.engines.images import Image
from support.engines.kubernetes import Containerd
from support.engines.watching import Alerts, settings_for, watching
from support.engines.world import eventually

import tiercel

# A program of the container writes to it once; the rule reports that.
MARK = "/marked"
FIELDS = (
    "container.full_id",
    "container.name",
    "container.type",
    "container.image",
    "container.image.repository",
    "container.image.tag",
    "container.ip",
    "container.privileged",
    "container.host_network",
    "container.label[tier]",
    "container.env",
    "container.mount.source[/data]",
    "container.mount.rdwr[0]",
    "container.healthcheck",
    "proc.is_container_healthcheck",
    "k8s.ns.name",
    "k8s.pod.name",
    "k8s.pod.label[app]",
    "k8s.pod.ip",
)
RULE = f"""
- rule: marked
  desc: the mark was made
  condition: evt.type in (open, openat) and evt.is_open_write = true and fd.name = {MARK} and container.name exists
  output: "{" ".join(f"%{field}" for field in FIELDS)}"
  priority: NOTICE
"""


def marked(alerts: Iterable[tiercel.Alert]) -> list[tiercel.Alert]:
    """The alerts about the mark: podman's monitors have a group of theirs, which is reported as no container."""
    return [alert for alert in alerts if alert.rule == "marked"]


def await_mark(alerts: Alerts) -> None:
    """Wait until the program in the container has come to make the mark: its engine calls it running before that."""

    def is_there() -> bool:
        alerts.collect()
        return bool(marked(alerts))

    eventually("the mark is made", is_there)


def last_check(engine: Docker | Podman, container: str) -> str:
    """When the engine last looked whether a container is well."""
    log = engine.inspect(container)["State"]["Health"]["Log"] or [{"Start": ""}]
    return str(log[-1]["Start"])


def await_check(engine: Docker | Podman, container: str) -> None:
    before = last_check(engine, container)
    eventually(f"{engine.name} has looked", lambda: last_check(engine, container) != before)


def fields_of(alert: tiercel.Alert) -> dict[str, Any]:
    return {field: alert.fields[field] for field in FIELDS}


@pytest.fixture(params=[Docker, Podman], ids=["docker", "podman"])
def docklike(request: pytest.FixtureRequest, begin: Callable[[str], Engine]) -> Docker | Podman:
    engine = begin(request.param.name)
    assert isinstance(engine, Docker | Podman)
    return engine


def test_docker_and_podman(docklike: Docker | Podman, image: Image) -> None:
    options = ("--label", "tier=front", "--env", "A=b", "-v", "/etc:/data:ro")
    with watching(docklike.world, RULE, containers=settings_for(docklike)) as alerts:
        container = docklike.run(image, "sh", "-c", f": >{MARK}; sleep 99", name="detailed", options=options)
        await_mark(alerts)
        address = docklike.address(container)
    docklike.remove(container)
    (alert,) = marked(alerts)
    seen = fields_of(alert)
    assert "A=b" in str(seen.pop("container.env"))
    assert seen == {
        **dict.fromkeys(field for field in FIELDS if field != "container.env"),
        "container.full_id": container,
        "container.name": "detailed",
        "container.type": docklike.name,
        "container.image": "registry.test/team/app:1.2",
        "container.image.repository": "registry.test/team/app",
        "container.image.tag": "1.2",
        "container.ip": address,
        "container.privileged": False,
        "container.host_network": False,
        "container.label[tier]": "front",
        "container.mount.source[/data]": "/etc",
        "container.mount.rdwr[0]": "false",
        "proc.is_container_healthcheck": False,
    }


BY_IMAGE = """
- rule: marked
  desc: the mark was made
  condition: evt.type in (open, openat) and fd.name = /marked and container.image.repository != none
  output: "%container.image.repository %container.image.tag"
  priority: NOTICE
"""


@pytest.mark.parametrize("length", [6, 12, 64])
def test_an_image_by_its_id(docklike: Docker | Podman, image: Image, length: int) -> None:
    """Docker announces the digits that were typed: they are never shown for the name."""
    with watching(docklike.world, BY_IMAGE, containers=settings_for(docklike)) as alerts:
        container = docklike.call("run", "-d", image.id[:length], "sh", "-c", f": >{MARK}; sleep 99")
        await_mark(alerts)
    docklike.remove(container)
    (alert,) = marked(alerts)
    assert alert.message == f"{image.repository} {image.tag}"


def test_health_checks(docklike: Docker | Podman, image: Image) -> None:
    """The health check that the engine runs, and the same command started by another process."""
    options = ("--health-cmd", f": >{MARK}", "--health-interval", "1s" if docklike.name == "docker" else "disable")
    container = docklike.run(image, "sleep", "99", name="checked", options=options)
    if docklike.name == "docker":
        await_check(docklike, container)
    with watching(docklike.world, RULE, containers=settings_for(docklike)) as alerts:
        docklike.exec(container, "sh", "-c", f": >{MARK}")
        docklike.exec(container, "sh", "-c", f"/bin/sh -c ': >{MARK}'; true")
        if docklike.name == "podman":
            docklike.call("healthcheck", "run", container)
        else:
            await_check(docklike, container)
            await_check(docklike, container)  # the first may have begun before the sensor did
    docklike.remove(container)
    found = [alert.fields["proc.is_container_healthcheck"] for alert in marked(alerts)]
    # The third is a check that began before the sensor did.
    assert found.count(False) in (2, 3)
    assert found.count(True) >= 1
    assert {alert.fields["container.healthcheck"] for alert in marked(alerts)} == {f"/bin/sh -c : >{MARK}"}


def test_pods(begin: Callable[[str], Engine], image: Image) -> None:
    engine = begin("cri")
    assert isinstance(engine, Containerd)
    with watching(engine.world, RULE, containers=settings_for(engine)) as alerts:
        pod = engine.pod("web-0", namespace="shop", labels={"app": "web"})
        container = engine.add(pod, image, "sh", "-c", f": >{MARK}; sleep 99", name="app", env={"A": "b"})
        await_mark(alerts)
    engine.remove(container)
    (alert,) = marked(alerts)
    seen = fields_of(alert)
    assert seen["container.full_id"] == container
    assert seen["container.name"] == "app"
    assert seen["container.image.repository"] == "registry.test/team/app"
    assert seen["k8s.ns.name"] == "shop"
    assert seen["k8s.pod.name"] == "web-0"
    assert seen["k8s.pod.label[app]"] == "web"
    assert seen["k8s.pod.ip"] == pod.address

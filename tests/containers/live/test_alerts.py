# SPDX-License-Identifier: Apache-2.0
"""Alerts contain the container, the image and the pod, with each engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.engines.daemons import Engine
from support.engines.images import Image
from support.engines.kubernetes import Containerd
from support.engines.watching import settings_for, watching
from support.waiting import eventually

import tiercel

_PLAIN = """
- rule: shell
  desc: a shell with a terminal
  condition: evt.type in (execve, execveat) and container.id != host and proc.name = sh and proc.tty != 0
  output: >
    shell by %user.name in %container.id %container.name of %container.image.repository:%container.image.tag
    (%k8s.ns.name %k8s.pod.name)
  priority: NOTICE

- rule: application changed
  desc: a file below the application's directory was opened for writing, in a container that should not
  condition: >
    evt.type in (open, openat, openat2) and evt.is_open_write = true and fd.name startswith /app/
    and container.image.repository = registry.test/team/app
  output: "%fd.name by %proc.cmdline in %container.id of %container.image.repository (%k8s.ns.name %k8s.pod.name)"
  priority: WARNING

- rule: visitor
  desc: somebody connected to a server in a container
  condition: >
    evt.type in (accept, accept4) and evt.rawres >= 0 and fd.sport = 8080 and container.id != host
    and container.image.repository exists
  output: "%fd.name to %proc.name in %container.id of %container.image.repository (%k8s.ns.name %k8s.pod.name)"
  priority: NOTICE
"""

# Lists, macros and rules as the documentation of such rule files teaches to write them.
_DOCUMENTED = """
- list: shell_programs
  items: [ash, bash, csh, ksh, sh, tcsh, zsh, dash]

- list: application_images
  items: [registry.test/team/app, registry.test/team/other]

- list: application_ports
  items: [80, 8080]

- macro: in_a_container
  condition: (container.id != host)

- macro: new_program
  condition: (evt.type in (execve, execveat) and evt.dir = <)

- macro: opened_for_writing
  condition: (evt.type in (open, openat, openat2) and evt.is_open_write = true and fd.typechar = 'f' and fd.num >= 0)

- macro: connection_came_in
  condition: >
    (evt.type in (accept, accept4) and evt.dir = < and evt.rawres >= 0 and fd.typechar in ('4', '6')
    and not fd.snet = "127.0.0.0/8")

- macro: application_container
  condition: (in_a_container and container.image.repository contains "team/app")

- rule: shell
  desc: A shell was started with a terminal in a container.
  condition: new_program and in_a_container and proc.name in (shell_programs) and proc.tty != 0
  output: >
    A shell with a terminal in a container (user=%user.name container_id=%container.id container_name=%container.name
    image=%container.image.repository:%container.image.tag ns=%k8s.ns.name pod=%k8s.pod.name shell=%proc.name
    parent=%proc.pname cmdline=%proc.cmdline terminal=%proc.tty)
  priority: NOTICE
  tags: [container, shell]

- rule: application changed
  desc: Nothing in these images writes below the application's directory.
  condition: >
    opened_for_writing and application_container and container.image.repository in (application_images)
    and fd.directory startswith /app
  output: >
    file below an application directory opened for writing (user=%user.name command=%proc.cmdline file=%fd.name
    container_id=%container.id image=%container.image.repository ns=%k8s.ns.name pod=%k8s.pod.name)
  priority: WARNING

- rule: visitor
  desc: A server of the application was connected to.
  condition: connection_came_in and application_container and fd.sport in (application_ports)
  output: >
    A connection came in (connection=%fd.name command=%proc.cmdline container_id=%container.id
    image=%container.image.repository ns=%k8s.ns.name pod=%k8s.pod.name)
  priority: NOTICE
"""


@pytest.fixture(params=[_PLAIN, _DOCUMENTED], ids=["plain", "documented"])
def rules(request: pytest.FixtureRequest) -> tiercel.Ruleset:
    return tiercel.Ruleset.loads(request.param)


@pytest.fixture
def server(engine: Engine, image: Image) -> Iterator[str]:
    """A container whose server listens, at port 8080."""
    container = engine.run(image, "httpd", "-f", "-p", "8080", "-h", "/app", name="server")
    yield container
    engine.remove(container)


def place(engine: Engine, name: str) -> tuple[str | None, str | None]:
    """The namespace and the pod of a container as these tests make them; only pods have any."""
    return ("default", f"pod-of-{name}") if isinstance(engine, Containerd) else (None, None)


def test_a_shell_with_a_terminal(engine: Engine, container: str, image: Image, rules: tiercel.Ruleset) -> None:
    with watching(engine.world, rules, containers=settings_for(engine)) as alerts:
        engine.terminal(container, "sh", "-c", "id")
    (alert,) = alerts
    assert alert.rule == "shell"
    fields = alert.fields
    assert fields["user.name"] == "root"
    assert fields["container.id"] == container[:12]
    assert fields["container.name"] == "sleeper"
    assert (fields["container.image.repository"], fields["container.image.tag"]) == (image.repository, image.tag)
    assert (fields["k8s.ns.name"], fields["k8s.pod.name"]) == place(engine, "sleeper")
    assert container[:12] in alert.output
    assert image.repository in alert.output


def test_a_file_of_a_listed_image(
    engine: Engine, container: str, image: Image, other: Image, rules: tiercel.Ruleset
) -> None:
    with watching(engine.world, rules, containers=settings_for(engine)) as alerts:
        engine.exec(container, "touch", "/app/should_not_be_here")
        unlisted = engine.run(other, "touch", "/app/may_be_here", name="unlisted")
        eventually(lambda: not engine.running(unlisted), 60, "it has ended")
        engine.remove(unlisted)
    (alert,) = alerts
    assert alert.rule == "application changed"
    fields = alert.fields
    assert fields["fd.name"] == "/app/should_not_be_here"
    assert fields["container.id"] == container[:12]
    assert fields["container.image.repository"] == image.repository
    assert (fields["k8s.ns.name"], fields["k8s.pod.name"]) == place(engine, "sleeper")


def test_a_connection_to_a_server(engine: Engine, server: str, image: Image, rules: tiercel.Ruleset) -> None:
    address = engine.address(server)
    with watching(engine.world, rules, containers=settings_for(engine)) as alerts:
        answer = engine.world.run("busybox", "wget", "-q", "-O", "-", f"{address}:8080/hello.txt")
    assert answer == "hello\n"
    (alert,) = alerts
    assert alert.rule == "visitor"
    fields = alert.fields
    client, server_end = str(fields["fd.name"]).split("->")
    assert server_end == f"{address}:8080"
    assert client.rpartition(".")[0] == address.rpartition(".")[0]
    assert fields["container.id"] == server[:12]
    assert fields["container.image.repository"] == image.repository
    assert (fields["k8s.ns.name"], fields["k8s.pod.name"]) == place(engine, "server")


def test_a_container_that_acts_and_ends_at_once(engine: Engine, image: Image, rules: tiercel.Ruleset) -> None:
    """Its life is a few milliseconds: what is to be known of it comes when it is over."""
    with watching(engine.world, rules, containers=settings_for(engine)) as alerts:
        container = engine.run(image, "touch", "/app/short", name="short")
        eventually(lambda: not engine.running(container), 60, "it has ended")
    engine.remove(container)
    (alert,) = alerts
    assert alert.fields["container.id"] == container[:12]
    assert alert.fields["container.image.repository"] == image.repository
    assert (alert.fields["k8s.ns.name"], alert.fields["k8s.pod.name"]) == place(engine, "short")

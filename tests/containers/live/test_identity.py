# SPDX-License-Identifier: Apache-2.0
"""A process in a container of each engine is known to be in that container."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.engines.daemons import Docker, Engine, Podman
from support.engines.images import Image
from support.engines.watching import watching
from support.waiting import eventually

_SHELL = """
- rule: shell
  desc: a shell with a terminal
  condition: evt.type in (execve, execveat) and container.id != host and proc.name = sh and proc.tty != 0
  output: shell (container=%container.id user=%user.name)
  priority: NOTICE
"""
_WRITTEN = """
- rule: written
  desc: a file of the application was made
  condition: evt.type in (open, openat, openat2) and evt.is_open_write = true and fd.name startswith /app/
  output: "%fd.name in %container.id by %proc.cmdline"
  priority: NOTICE
"""
# Waits for the names of files, and makes them.
_SERVER = ("sh", "-c", "mkfifo /tmp/names; while read name; do : >$name; done <>/tmp/names")


def test_a_shell_with_a_terminal(engine: Engine, container: str) -> None:
    with watching(engine.world, _SHELL) as alerts:
        printed = engine.terminal(container, "sh", "-c", "echo hello")
    assert "hello" in printed
    (alert,) = alerts
    assert alert.fields["container.id"] == container[:12]
    assert alert.fields["user.name"] == "root"


def test_a_process_that_was_there_before_the_sensor(engine: Engine, image: Image) -> None:
    container = engine.run(image, *_SERVER, name="server")
    try:
        eventually(lambda: "names" in engine.exec(container, "ls", "/tmp"), 60, "the server listens")
        with watching(engine.world, _WRITTEN) as alerts:
            engine.exec(container, "sh", "-c", "echo /app/new >/tmp/names; echo /app/newer >/tmp/names")
            eventually(lambda: "newer" in engine.exec(container, "ls", "/app"), 60, "the files are there")
        assert [alert.fields["fd.name"] for alert in alerts] == ["/app/new", "/app/newer"]
        assert {alert.fields["container.id"] for alert in alerts} == {container[:12]}
    finally:
        engine.remove(container)


def test_a_container_that_ends_at_once(engine: Engine, image: Image) -> None:
    with watching(engine.world, _WRITTEN) as alerts:
        container = engine.run(image, "touch", "/app/short", name="short")
        eventually(lambda: not engine.running(container), 60, "it has ended")
    engine.remove(container)
    (alert,) = alerts
    assert (alert.fields["fd.name"], alert.fields["container.id"]) == ("/app/short", container[:12])


@pytest.mark.parametrize("name", ["podman", "docker"])
def test_a_container_below_the_group_of_another(begin: Callable[[str], Engine], name: str, image: Image) -> None:
    """As where an engine runs in a container of another: the inner one counts."""
    engine = begin(name)
    assert isinstance(engine, Podman | Docker)
    outer = engine.run(image, name="outer")
    try:
        above = {"podman": f"/libpod_parent/libpod-{outer}", "docker": f"/docker/{outer}"}[name]
        with watching(engine.world, _WRITTEN) as alerts:
            inner = engine.run(image, "sh", "-c", ": >/app/x", name="inner", options=("--cgroup-parent", above))
            eventually(lambda: not engine.running(inner), 60, "it has ended")
        engine.remove(inner)
    finally:
        engine.remove(outer)
    assert [alert.fields["container.id"] for alert in alerts] == [inner[:12]]

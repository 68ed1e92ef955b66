# SPDX-License-Identifier: Apache-2.0
"""A process in a container of each engine is known to be in that container."""

from __future__ import annotations

from support.engines.daemons import Engine
from support.engines.watching import watching

_SHELL = """
- rule: shell
  desc: a shell with a terminal
  condition: evt.type in (execve, execveat) and container.id != host and proc.name = sh and proc.tty != 0
  output: shell (container=%container.id user=%user.name pid1=%proc.vpid)
  priority: NOTICE
"""


def test_a_shell_with_a_terminal(engine: Engine, container: str) -> None:
    with watching(engine.world, _SHELL) as alerts:
        printed = engine.terminal(container, "sh", "-c", "echo hello")
    assert "hello" in printed
    (alert,) = alerts
    assert alert.fields["container.id"] == container[:12]
    assert alert.fields["user.name"] == "root"

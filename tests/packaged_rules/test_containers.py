# SPDX-License-Identifier: Apache-2.0
"""The packaged rules about containers.  To the sensor a container is a control group with an engine's name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.watch import container_cgroup, on_host, python, shell, watch_packaged

pytestmark = pytest.mark.kernel

SHELL, NAMESPACE = "Interactive shell in a container", "Namespace changed in a container"

# Gives the command a terminal of its own, as container engines do for `exec -it`.
WITH_TERMINAL = """
    import os, pty, sys
    pid, master = pty.fork()
    if pid == 0:
        os.execv(sys.argv[1], sys.argv[1:])
    try:
        while os.read(master, 1024):
            pass
    except OSError:
        pass
    os.waitpid(pid, 0)
"""


@pytest.fixture
def group() -> Iterator[Path]:
    with container_cgroup() as path:
        yield path


def test_interactive_shell_in_a_container(group: Path) -> None:
    outcome = watch_packaged(on_host(python(WITH_TERMINAL, "/bin/sh", "-c", "exit 0"), group))
    (alert,) = outcome.of(SHELL)
    assert alert.fields["container.id"] == group.name[:12]
    assert alert.fields["proc.tty"] != 0
    assert alert.fields["proc.cmdline"] == "sh -c exit 0"


def test_shell_without_a_terminal_is_no_alert(group: Path) -> None:
    script = on_host(python("import os; os.setsid(); os.system('true; exit 0')"), group)
    assert watch_packaged(script).of(SHELL) == []


def test_shell_on_the_host_is_no_alert() -> None:
    assert watch_packaged(on_host(python(WITH_TERMINAL, "/bin/sh", "-c", "exit 0"))).of(SHELL) == []


def test_namespace_changed_in_a_container(group: Path) -> None:
    code = """
        import ctypes, os
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.setns(os.open("/proc/self/ns/uts", os.O_RDONLY), 0) == 0
        assert libc.unshare(0x04000000) == 0
        libc.unshare(0x400)
    """
    alerts = watch_packaged(on_host(python(code), group)).of(NAMESPACE)
    assert [alert.fields["evt.type"] for alert in alerts] == ["setns", "unshare"]
    assert {alert.fields["container.id"] for alert in alerts} == {group.name[:12]}


def test_namespace_changed_on_the_host_is_no_alert() -> None:
    outcome = watch_packaged(on_host(["unshare", "--uts", *shell("true")]))
    assert outcome.status == 0
    assert outcome.of(NAMESPACE) == []


def test_namespace_changed_by_a_runtime_is_no_alert(group: Path) -> None:
    code = """
        import os
        fd = os.memfd_create("runc_cloned:/proc/self/exe", 0)
        os.write(fd, open("/usr/bin/unshare", "rb").read())
        os.execve(fd, ["unshare", "--uts", "true"], os.environ)
    """
    outcome = watch_packaged(on_host(python(code), group))
    assert outcome.status == 0
    assert outcome.of(NAMESPACE) == []
    assert len(outcome.of("Program run from memory")) == 1  # what started it is no runtime

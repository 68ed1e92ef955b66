# SPDX-License-Identifier: Apache-2.0
"""The packaged rules about ways out of containers, tried in a control group named as those of containers are."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.watch import container_cgroup, on_host, private, python, watch_packaged

pytestmark = pytest.mark.kernel

MOUNT, SOCKET = "File system mounted in a container", "Socket of a container runtime used in a container"
HANDLE, ROOT = "File opened by its handle in a container", "Root of another process entered from a container"
TOOL, DEVICE = "Tool for escapes started in a container", "Device made in a container"
DROPPED, CLIENT = "Program that is not part of the image", "kubectl started in a container"
TOKEN = "Service account token read by a tool"

SCRIPT = """
    cd "$1"
    mkdir low up work all && cp /bin/true low/old && mkfifo pipe
    mount -t tmpfs none up; mkdir up/u up/w
    mount -t overlay overlay -o lowerdir=low,upperdir=up/u,workdir=up/w all
    all/old
    cp /bin/true all/new && all/new
    cp /bin/true nsenter && ./nsenter -t 1 -m true
    cp /bin/true kubectl && ./kubectl get pods
    mknod device b 8 1
    cat /proc/1/root/etc/hostname > /dev/null || true
    mount -t tmpfs none /run; mkdir -p /run/secrets/kubernetes.io/serviceaccount
    echo x > /run/secrets/kubernetes.io/serviceaccount/token
    cat /run/secrets/kubernetes.io/serviceaccount/token
    shift
    exec "$@"
"""
CODE = """
    import ctypes, os, socket
    server = socket.socket(socket.AF_UNIX)
    server.bind("/run/docker.sock")
    server.listen()
    socket.socket(socket.AF_UNIX).connect("/run/docker.sock")
    ctypes.CDLL(None).open_by_handle_at(os.open("/", os.O_RDONLY), bytes(136), 0)
"""


def test_ways_out_of_a_container(tmp_path: Path) -> None:
    with container_cgroup() as group:
        outcome = watch_packaged(on_host(private(SCRIPT, tmp_path, *python(CODE)), group))
    assert outcome.status == 0
    assert {MOUNT, SOCKET, HANDLE, ROOT, TOOL, DEVICE, DROPPED, CLIENT, TOKEN} <= outcome.rules
    assert [alert.fields["proc.exepath"] for alert in outcome.of(DROPPED)] == [str(tmp_path / "all/new")]
    assert outcome.of(SOCKET)[0].fields["fd.name"].endswith(" /run/docker.sock")
    assert str(tmp_path / "nsenter") in [alert.fields["proc.exepath"] for alert in outcome.of(TOOL)]


def test_the_host_is_no_container(tmp_path: Path) -> None:
    outcome = watch_packaged(on_host(private(SCRIPT, tmp_path, *python(CODE))))
    assert outcome.status == 0
    assert not {MOUNT, SOCKET, HANDLE, ROOT, TOOL, DEVICE, DROPPED, CLIENT, TOKEN} & outcome.rules

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import subprocess
import threading

from support import live

from tiercel.response.private_mounts import enter_private_mounts
from tiercel.response.procfs import mount_namespace


def test_the_namespace_is_of_the_thread_and_its_children_only() -> None:
    live.gate(live.root_problem())
    found: list[int | None] = []

    def enter() -> None:
        found.append(enter_private_mounts())
        child = subprocess.run(["stat", "-Lc", "%i", "/proc/self/ns/mnt"], capture_output=True, check=True)
        found.append(int(child.stdout))

    before = mount_namespace("self")
    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert found[0] is not None
    assert found[0] == found[1]
    assert found[0] != before
    assert mount_namespace("self") == before

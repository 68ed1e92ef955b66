# SPDX-License-Identifier: Apache-2.0
"""Identity of a container: ids and control groups."""

from __future__ import annotations

import pytest

from tiercel.containers.engines.interface import EngineId
from tiercel.containers.identity import is_random, is_same, may_have, whole_id
from tiercel.containers.interfaces import LookupRequest

FULL = "0123456789abcdef" * 4
REQUEST: LookupRequest = (FULL[:12], "docker", f"/docker/{FULL}", 0, 0, "info")


@pytest.mark.parametrize(
    ("matcher", "cgroup", "whole"),
    [
        ("docker", f"/docker/{FULL}", FULL),
        ("podman", f"/machine.slice/libpod-{FULL}.scope/container", FULL),
        ("docker", f"/docker/{'f' * 64}/docker/{FULL}", FULL),
        ("docker", f"/docker/{'f' * 64}", FULL[:12]),
        ("containerd", f"/default/{FULL[:12]}-and-more", f"{FULL[:12]}-and-more"),
        ("lxc", f"/lxc/{FULL[:12]}-and-more", FULL[:12]),
    ],
)
def test_the_control_group_has_the_whole_id(matcher: str, cgroup: str, whole: str) -> None:
    assert whole_id((FULL[:12], matcher, cgroup, 0, 0, "info")) == whole


@pytest.mark.parametrize(
    ("name", "owner", "request_", "expected"),
    [
        ("docker", None, REQUEST, True),
        ("docker", None, (REQUEST[0], "podman", *REQUEST[2:]), False),
        ("podman", None, (REQUEST[0], "podman", *REQUEST[2:]), True),
        ("podman", 1000, REQUEST, False),
        ("podman", 1000, (REQUEST[0], "podman", "/user.slice/user-1000.slice/a/libpod-1.scope", 0, 0, "info"), True),
        ("podman", 1000, (REQUEST[0], "podman", "/user.slice/user-10001.slice/a/libpod-1.scope", 0, 0, "info"), False),
    ],
)
def test_engines_that_may_have_a_container(
    name: str, owner: int | None, request_: LookupRequest, expected: bool
) -> None:
    assert may_have(EngineId(name, "/socket", 0, owner), request_) is expected


@pytest.mark.parametrize(
    ("one", "other", "same"), [(FULL, FULL[:12], True), (FULL[:12], FULL, True), (FULL, FULL[:12] + "0" * 52, False)]
)
def test_ids_of_one_container(one: str, other: str, same: bool) -> None:
    assert is_same(one, other) is same


def test_random_ids() -> None:
    assert is_random(FULL)
    assert not is_random("web")
    assert not is_random(FULL[:12])

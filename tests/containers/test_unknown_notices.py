# SPDX-License-Identifier: Apache-2.0
"""Notices about unknown containers: their reasons and periods."""

from __future__ import annotations

from typing import Any, cast

import pytest

from tiercel.containers import unknown_notices
from tiercel.containers.engines.interface import EngineId
from tiercel.containers.engines.worker import EngineWorker
from tiercel.containers.interfaces import LookupRequest
from tiercel.containers.unknown_notices import UnknownNotices
from tiercel.notice import Notice

REQUEST: LookupRequest = ("a" * 12, "docker", "/docker/" + "a" * 64, 0, 0, "info")


class Worker:
    """State of a worker that a notice depends on."""

    def __init__(self, **state: Any) -> None:
        self.id = EngineId("docker", "/docker.sock", 0)
        self.down = state.get("down", False)
        self.was_there = state.get("was_there", False)
        self.hint = state.get("hint", "")


@pytest.mark.parametrize(
    ("workers", "expected"),
    [
        ([], "no socket of a container engine was found"),
        ([Worker()], None),
        ([Worker(was_there=True, down=True)], None),
        ([Worker(down=True, hint="no grpc")], "has no engine that could be queried: its details are missing (no grpc)"),
        ([Worker(), Worker(down=True, hint="no grpc")], "is not known to docker: its details are missing (no grpc)"),
    ],
)
def test_a_notice_has_a_reason(workers: list[Worker], expected: str | None) -> None:
    notices: list[Notice] = []
    UnknownNotices(notices.append).report(REQUEST, cast("list[EngineWorker]", workers))
    assert len(notices) == (expected is not None)
    assert all(expected is not None and expected in notice[2] for notice in notices)


def test_a_reason_is_reported_once_in_a_period(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(unknown_notices.time, "monotonic", lambda: now)
    notices: list[Notice] = []
    unknown = UnknownNotices(notices.append)
    for matcher, seconds in (("docker", 0.0), ("cri", 1.0), ("podman", 1.0), ("docker", 600.0)):
        now += seconds
        unknown.report((REQUEST[0], matcher, *REQUEST[2:]), [])
    assert ["podman.socket" in notice[2] for notice in notices] == [False, True, False]

# SPDX-License-Identifier: Apache-2.0
"""Lost events by Falco's classes."""

from __future__ import annotations

from tiercel.operation.buffer_drops import BUFFER_CLASSES, buffer_drops
from tiercel.schema.names import EVENT_BY_NAME


def test_each_event_has_a_class() -> None:
    found = buffer_drops(dict.fromkeys(EVENT_BY_NAME, 1))
    assert tuple(found) == BUFFER_CLASSES
    assert sum(found.values()) == len(EVENT_BY_NAME)
    assert all(found.values())


def test_records_that_could_not_be_built_met_no_full_buffer() -> None:
    assert buffer_drops({"unfit": 5, "openat": 2, "clone": 1}) | {"open": 2, "clone_fork": 1} == buffer_drops(
        {"open": 2, "fork": 1}
    )

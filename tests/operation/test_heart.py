# SPDX-License-Identifier: Apache-2.0
"""Sign of life of the main loop."""

from __future__ import annotations

import pytest

from tiercel.operation.heart import Heart


def test_it_beats_while_the_loop_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("tiercel.operation.heart.time.monotonic", lambda: now[0])
    heart = Heart()
    assert (heart.fileno(), heart.due(), heart.beats) == (None, 101.0, True)
    now[0] += 31
    assert not heart.beats
    heart.work()
    assert heart.beats
    assert heart.due() == 132.0

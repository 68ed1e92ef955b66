# SPDX-License-Identifier: Apache-2.0
"""Batches in several requests: one result with the counts of all."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tiercel.outputs import DeliveryError
from tiercel.outputs.parts import deliver_in_parts


def test_all_parts_in_order() -> None:
    seen: list[list[int]] = []
    deliver_in_parts([*range(5)], 2, lambda part: seen.append([*part]))
    assert seen == [[0, 1], [2, 3], [4]]


@pytest.mark.parametrize(
    ("failures", "calls", "delivered", "lost", "retry"),
    [
        ({1: (0, 2, False)}, 3, 3, 2, False),
        ({0: (1, 1, False), 2: (0, 1, False)}, 3, 3, 2, False),
        ({1: (1, 0, True)}, 2, 3, 0, True),
        ({0: (0, 2, False), 1: (0, 0, True)}, 2, 0, 2, True),
    ],
)
def test_counts(failures: dict[int, tuple[int, int, bool]], calls: int, delivered: int, lost: int, retry: bool) -> None:
    done = []

    def deliver(part: Sequence[int]) -> None:
        done.append(part)
        if (failure := failures.get(len(done) - 1)) is not None:
            raise DeliveryError("x", delivered=failure[0], lost=failure[1], retry=failure[2])

    with pytest.raises(DeliveryError) as caught:
        deliver_in_parts([*range(5)], 2, deliver)
    error = caught.value
    assert (len(done), error.delivered, error.lost, error.retry) == (calls, delivered, lost, retry)

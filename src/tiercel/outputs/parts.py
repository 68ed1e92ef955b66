# SPDX-License-Identifier: Apache-2.0
"""Batches of alerts in several requests, with one result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from tiercel.outputs.base import DeliveryError

__all__ = ["deliver_in_parts"]

_Alert = TypeVar("_Alert")


def deliver_in_parts(alerts: Sequence[_Alert], size: int, deliver: Callable[[Sequence[_Alert]], None]) -> None:
    """Call ``deliver`` with at most ``size`` alerts each time.

    A temporary failure ends the calls; a permanent one only counts.

    Raises:
        DeliveryError: a failure, with the counts of all calls.
    """
    delivered = lost = 0
    failure: DeliveryError | None = None
    for at in range(0, len(alerts), size):
        part = alerts[at : at + size]
        try:
            deliver(part)
        except DeliveryError as error:
            failure = error
            delivered += error.delivered
            lost += error.lost
            if error.retry:
                break
        else:
            delivered += len(part)
    if failure is not None:
        failure.delivered, failure.lost = delivered, lost
        raise failure

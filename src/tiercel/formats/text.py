# SPDX-License-Identifier: Apache-2.0
"""Text: time, priority and message."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tiercel.formats.content import AlertContent

__all__ = ["render"]


def render(alert: AlertContent) -> str:
    """Return the alert as one line of text."""
    return alert.to_text()

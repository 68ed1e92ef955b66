# SPDX-License-Identifier: Apache-2.0
"""Interface of an alert for its formats."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from tiercel.rules.model import Priority

__all__ = ["AlertContent"]


class AlertContent(Protocol):
    """Members of an alert from which each format can be made; see :class:`tiercel.Alert`."""

    @property
    def rule(self) -> str: ...
    @property
    def priority(self) -> Priority: ...
    @property
    def source(self) -> str: ...
    @property
    def tags(self) -> tuple[str, ...]: ...
    @property
    def time_ns(self) -> int: ...
    @property
    def hostname(self) -> str: ...
    @property
    def fields(self) -> Mapping[str, Any]: ...
    @property
    def message(self) -> str: ...

    def to_text(self) -> str:
        """Return the format ``text``."""

    def to_json(self) -> str:
        """Return the format ``falco``."""

    def json_fields(self) -> Mapping[str, Any]:
        """Return the fields with the values of ``output_fields`` in JSON: text without surrogates."""

# SPDX-License-Identifier: Apache-2.0
"""Names of the formats of alerts."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, Literal, TypeAlias, get_args

__all__ = ["FORMATS", "FORMAT_DOCS", "AlertFormat"]

AlertFormat: TypeAlias = Literal["text", "falco", "ocsf", "ecs"]
"""Format of an alert as one line; :data:`FORMAT_DOCS` describes each."""

FORMATS: Final[tuple[AlertFormat, ...]] = get_args(AlertFormat)

FORMAT_DOCS: Final = MappingProxyType({
    "text": "time, priority and message, as Falco prints them",
    "falco": "JSON with Falco's keys, which falcosidekick reads",
    "ocsf": "OCSF 1.8, Detection Finding",
    "ecs": "Elastic Common Schema 9",
})  # fmt: skip

# SPDX-License-Identifier: Apache-2.0
"""Names of the probe's programs in Falco's metrics."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["falco_program"]

_FALCO: Final[Mapping[str, str]] = MappingProxyType(
    {
        "page_fault_kernel": "pf_kernel",
        "page_fault_user": "pf_user",
        "sched_exit": "sched_proc_exit",
        "sys_exit_dispatch": "sys_exit",
    }
)


def falco_program(name: str) -> str:
    """Return Falco's name of the program with the same hook; the own name for a hook that Falco does not use."""
    return _FALCO.get(name, name)

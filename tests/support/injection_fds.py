# SPDX-License-Identifier: Apache-2.0
"""What expressions of the injected cases ask of a descriptor, by the name that they use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

FD: dict[str, Callable[[dict[str, Any]], Any]] = {
    "m_fd": lambda fd: fd["num"],
    "m_name": lambda fd: fd["name"].decode(),
    "m_name_raw": lambda fd: fd["name_raw"].decode(),
    "m_openflags": lambda fd: fd["open_flags"],
    "get_ino": lambda fd: fd["ino"],
    "get_device": lambda fd: fd["dev"],
}

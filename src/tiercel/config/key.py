# SPDX-License-Identifier: Apache-2.0
"""Row of the table of configuration keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tiercel.config.values import ConfigValue
from tiercel.frozen import frozen

__all__ = ["Key"]


@frozen
class Key:
    """One setting: its name in a file, the attribute of ``Config`` that it sets, and its description.

    A dot in ``attribute`` selects a member of a group of settings, for example ``webserver.listen_port``.

    Attributes:
        read: validates and converts the value.
        falco: difference from the key of this name in Falco; empty without a difference.
    """

    name: str
    attribute: str
    read: Callable[[ConfigValue], Any]
    doc: str
    falco: str = ""

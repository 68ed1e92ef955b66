# SPDX-License-Identifier: Apache-2.0
"""Configuration keys of outputs and of the alert queue."""

from __future__ import annotations

from typing import Final

from tiercel.config import values as read
from tiercel.config.key import Key

__all__ = ["KEYS"]

KEYS: Final[tuple[Key, ...]] = (
    Key("stdout_output.enabled", "stdout_output", read.boolean, "alerts to standard output", "off by default"),
    Key("file_output.enabled", "file_output", read.boolean, "alerts to a file as well"),
    Key("file_output.filename", "file_output_filename", read.text, "that file"),
    Key("file_output.keep_alive", "file_output_keep_alive", read.boolean, "hold the file open between alerts"),
    Key("outputs", "outputs", read.output_choices, "more outputs, by registered name, with their options"),
    Key(
        "outputs_queue.capacity",
        "queue_capacity",
        read.capacity(1 << 24),
        "alerts that may wait for Python; 0: the most, 16,777,216 (all together have at most 16 MiB)",
        falco="0, the default, has no limit",
    ),
    Key(
        "outputs_queue.overflow",
        "queue_overflow",
        read.one_of("drop_oldest", "drop_newest", "block"),
        "what a full queue does; losses are counted",
    ),
)

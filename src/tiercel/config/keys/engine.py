# SPDX-License-Identifier: Apache-2.0
"""Configuration keys of the event source."""

from __future__ import annotations

from typing import Final

from tiercel.config import values as read
from tiercel.config.key import Key

__all__ = ["KEYS"]

KEYS: Final[tuple[Key, ...]] = (
    Key(
        "engine.kind",
        "engine_kind",
        read.one_of("modern_ebpf", "replay", "kmod", "ebpf", "nodriver"),
        "where events come from: modern_ebpf, the live kernel (kmod and ebpf are read as it), replay, or nodriver",
        falco="kmod by default; here kmod is the probe, with the buffer size of engine.kmod",
    ),
    Key("engine.replay.capture_file", "capture_file", read.text, "the capture that is evaluated if that is replay"),
    Key(
        "engine.modern_ebpf.buf_size_preset",
        "buf_size_preset",
        read.number_between(1, 10),
        "ring buffers of every two CPUs: 1 (1 MiB) to 10 (512 MiB)",
        falco="cpus_for_each_buffer sets the number of CPUs",
    ),
    Key(
        "falco_libs.snaplen",
        "libs_snaplen",
        read.number_between(0, 65_000),
        "most bytes of what is read, written, sent or received that an event carries; 0: 80",
        falco="0 is the default of its libraries",
    ),
)

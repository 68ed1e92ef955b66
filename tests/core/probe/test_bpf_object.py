# SPDX-License-Identifier: Apache-2.0
"""Messages of libbpf in the logger ``tiercel.libbpf``."""

from __future__ import annotations

import logging
from importlib import resources

import pytest
from support.elf import symbol_offset

from tiercel._core.probe.probe import Probe
from tiercel.errors import KernelError
from tiercel.schema.events import EVENTS

IMAGE = resources.files("tiercel._core").joinpath("probe.bpf.o").read_bytes()
OPENAT = frozenset(event.code for event in EVENTS if event.name == "openat")
LOGGER = "tiercel.libbpf"
BROKEN_INSTRUCTION = bytes([0x79, 0x20, 0, 0, 0, 0, 0, 0])

pytestmark = pytest.mark.kernel


def load(image: bytes) -> None:
    probe = Probe(image)
    try:
        probe.load(OPENAT, scope="tree")
    finally:
        probe.close()


def test_debug_messages_on_request(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, LOGGER):
        load(IMAGE)
    found = [record for record in caplog.records if record.name == LOGGER]
    assert len(found) > 100
    assert all(record.getMessage().startswith("libbpf: ") for record in found[:100])
    assert any("sys_exit_dispatch" in record.getMessage() for record in found)
    assert {record.levelno for record in found} <= {logging.DEBUG, logging.INFO}


def test_a_probe_that_loads_is_silent_otherwise(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, LOGGER):
        load(IMAGE)
    assert caplog.records == []


def test_an_error_has_the_warnings_and_the_logger_has_not(caplog: pytest.LogCaptureFixture) -> None:
    at = symbol_offset(IMAGE, "sys_exit_dispatch")
    with caplog.at_level(logging.DEBUG, LOGGER), pytest.raises(KernelError, match="E405") as caught:
        load(IMAGE[:at] + BROKEN_INSTRUCTION + IMAGE[at + 8 :])
    assert "!read_ok" in caught.value.log
    assert "relo #" not in caught.value.log, "a debug message"
    assert not [record for record in caplog.records if record.levelno > logging.DEBUG]
    assert caplog.records

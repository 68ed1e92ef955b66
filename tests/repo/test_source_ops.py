# SPDX-License-Identifier: Apache-2.0
"""Completeness of the operations of sources: each one is set for the live source and for captures."""

from __future__ import annotations

import re

import pytest
from support.live import REPOSITORY

CORE = REPOSITORY / "ext/tiercel/_core"
OPERATION = re.compile(r"\(\*(\w+)\)\(")
SETS = {
    "ProcOps": ("live", "LIVE_OPS.proc"),
    "FdOps": ("live_fd", "LIVE_FD_OPS"),
}


def operations(struct: str) -> list[str]:
    text = (CORE / "values/value.pxd").read_text()
    (body,) = re.findall(rf"^cdef struct {struct}:\n((?:    .*\n)+)", text, re.MULTILINE)
    return OPERATION.findall(body)


@pytest.mark.parametrize("source", ["live", "replay"])
@pytest.mark.parametrize("struct", ["ProcOps", "FdOps"])
def test_each_operation_is_set_once(struct: str, source: str) -> None:
    module, name = SETS[struct]
    text = (CORE / f"sources/{module.replace('live', source)}.pyx").read_text()
    target = re.escape(name.replace("LIVE", source.upper()))
    found = re.findall(rf"^{target}\.(\w+) = _\w+$", text, re.MULTILINE)
    assert len(found) > 10
    assert sorted(found) == sorted(operations(struct))


def test_extractors_do_not_test_for_their_source() -> None:
    wrong = [
        str(path.relative_to(CORE))
        for path in sorted((CORE / "fields").glob("*.p??"))
        if re.search(r"source_data|_OPS\b|_core\.(?:replay|sources)\b", path.read_text())
    ]
    assert wrong == []

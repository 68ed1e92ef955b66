# SPDX-License-Identifier: Apache-2.0
"""Names looked up in the schema."""

from __future__ import annotations

import pytest
from support.compiling import Passes, codes_of

from tiercel.compiler.nodes import walk


def test_fields() -> None:
    tree = Passes().resolve("proc.name = a and evt.arg.flags exists and proc.aname[2] in (b)")
    assert [str(leaf.ref) for leaf in walk(tree)] == ["proc.name", "evt.arg.flags", "proc.aname[2]"]
    assert [leaf.op_span.value for leaf in walk(tree)] == ["=", "exists", "in"]


@pytest.mark.parametrize(
    ("condition", "codes"),
    [
        ("proc.nme = a", ["E201"]),
        ("proc.name[1] = a", ["E205"]),
        ("evt.arg = a", ["E206"]),
        ("proc.aname[x] = a", ["E207"]),
        ("evt.arg.nosuch = a", ["E209"]),
        ("tolower(proc.name) = a", ["E213"]),
        ("proc.name = val(proc.pname)", ["E213"]),
        ("proc.nme = a or not (proc.name[1] exists and proc.pid = 1)", ["E201", "E205"]),
    ],
)
def test_refused(condition: str, codes: list[str]) -> None:
    assert codes_of(Passes().resolve(condition)) == codes

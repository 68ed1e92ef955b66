# SPDX-License-Identifier: Apache-2.0
"""Names looked up in the schema."""

from __future__ import annotations

import pytest
from support.compiling import Passes, codes_of

from tiercel.compiler.ir.tree import walk


def test_fields() -> None:
    tree = Passes().resolve("proc.name = a and evt.arg.flags exists and proc.aname[2] in (b)")
    assert [str(leaf.left.ref) for leaf in walk(tree)] == ["proc.name", "evt.arg.flags", "proc.aname[2]"]
    assert [leaf.op_span.value for leaf in walk(tree)] == ["=", "exists", "in"]


def test_transformers() -> None:
    (call,) = (leaf.left for leaf in walk(Passes().resolve("getopt((proc.args[0], 'x'), 'a:')[a] = b")))
    assert (call.row.name, call.option) == ("getopt", "a")
    assert str(call.args[0].items[0].ref) == "proc.args[0]"
    assert call.args[0].items[1].data == b"x"


def test_val_is_the_field() -> None:
    (leaf,) = walk(Passes().resolve("proc.name = val(proc.pname)"))
    assert str(leaf.right.ref) == "proc.pname"


@pytest.mark.parametrize(
    ("condition", "codes"),
    [
        ("proc.nme = a", ["E201"]),
        ("proc.name[1] = a", ["E205"]),
        ("evt.arg = a", ["E206"]),
        ("proc.aname[x] = a", ["E207"]),
        ("evt.arg.nosuch = a", ["E209"]),
        ("tolower(proc.nme) = a", ["E201"]),
        ("proc.nme = val(proc.pnme)", ["E201", "E201"]),
        ("concat(proc.nme, join(',', (proc.aname[x], 'a'))) = b", ["E201", "E207"]),
        ("proc.name = val(proc.pname)[1]", ["E241"]),
        ("evt.type in (opne, open, clsoe)", ["E208", "E208"]),
        ("evt.type = val(proc.nme)", ["E201", "E215"]),
        ("proc.nme = a or not (proc.name[1] exists and proc.pid = 1)", ["E201", "E205"]),
    ],
)
def test_refused(condition: str, codes: list[str]) -> None:
    assert codes_of(Passes().resolve(condition)) == codes

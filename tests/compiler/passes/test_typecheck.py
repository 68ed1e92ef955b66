# SPDX-License-Identifier: Apache-2.0
"""Types of checks."""

from __future__ import annotations

from typing import Any

import pytest
from support.compiling import Passes, codes_of, show

from tiercel.compiler.ir.tree import Const, Failed, Leaf
from tiercel.schema.fields import FIELDS
from tiercel.schema.operators import OPERATORS
from tiercel.schema.types import T, ValueType


@pytest.mark.parametrize(
    ("condition", "operand"),
    [
        ("proc.name = a", (b"a",)),
        ("proc.name = ''", (b"",)),
        ("proc.name = caf\xe9", ("café".encode(),)),
        ("proc.name = '\\xff'", (b"\xff",)),
        ("proc.name in (b, a, b)", (b"a", b"b")),
        ("proc.name in a", (b"a",)),
        ("proc.name in (a)", (b"a",)),
        ("fd.name pmatch (/b, /a)", (b"/a", b"/b")),
        ("fd.num = 3", (3,)),
        ("fd.num = '3'", (3,)),
        ("fd.num > -1", (-1,)),
        ("user.uid = -1", (2**32 - 1,)),
        ("fd.num in (2, 10, 1)", (1, 2, 10)),
        ("evt.is_open_write = true", (1,)),
        ("evt.is_open_write = false", (0,)),
        ("fd.sport = 443", (443,)),
        ("fd.sport = https", (443,)),
        ("fd.sip = 10.0.0.1", ((b"\n\0\0\1", 32),)),
        ("fd.sip = ::1", ((bytes(15) + b"\1", 128),)),
        ("fd.net = 10.1.2.3/8", ((b"\n\0\0\0", 8),)),
        ("fd.net = fd00::7/8", ((b"\xfd" + bytes(15), 8),)),
        ("proc.name exists", ()),
    ],
)
def test_operands(condition: str, operand: tuple[Any, ...]) -> None:
    leaf = Passes().check(condition)
    assert isinstance(leaf, Leaf)
    assert leaf.check.operand == operand


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("fd.num startswith 1", "E203"),
        ("evt.is_open_write < 1", "E203"),
        ("fd.sip contains 1", "E203"),
        ("fd.num pmatch (1)", "E203"),
        ("fd.num = x", "E204"),
        ("fd.num = ''", "E204"),
        ("fd.num = 0x10", "E204"),
        ("fd.num > 1.5", "E204"),
        ("evt.is_open_write = yes", "E204"),
        ("evt.is_open_write = 1", "E204"),
        ("fd.sip = 300.1.1.1", "E204"),
        ("fd.sip = localhost", "E204"),
        ("fd.sip = 10.0.0.0/8", "E204"),
        ("fd.net = 10.0.0.1", "E204"),
        ("fd.net = 10.0.0.0/33", "E204"),
        ("fd.net = 10.0.0.0/x", "E204"),
        ("fd.sport = no-such-service", "E204"),
        ("fd.sport = -1", "E204"),
        ("proc.name = 'a\\x00b'", "E204"),
        (f"proc.name = {'x' * 256}", "E145"),
        ("proc.name regex '('", "E280"),
        ("tolower(proc.name, proc.pname) = a", "E240"),
        ("join(',') = a", "E240"),
        ("concat(proc.name) = a", "E240"),
        ("getopt((proc.name)) exists", "E240"),
        ("tolower(proc.name)[a] = a", "E241"),
        ("concat(proc.name, 'x')[a] = a", "E241"),
        ("getopt((proc.name), 'ab:')[ab] = a", "E242"),
        ("getopt((proc.name), 'ab:')[é] = a", "E242"),
        ("tolower(proc.aname) = a", "E243"),
        ("join(',', (proc.name, fd.net)) = a", "E243"),
        ("tolower(proc.pid) = a", "E244"),
        ("b64(evt.is_open_read) = a", "E244"),
        ("basename(len(proc.name)) = a", "E244"),
        ("len(proc.pid) = 1", "E244"),
        ("len(len(proc.name)) = 1", "E244"),
        ("concat(proc.name, proc.pid) = a", "E244"),
        ("concat(proc.name, ('a', 'b')) = a", "E244"),
        ("concat('a', len(proc.name)) = a", "E244"),
        ("join(proc.pid, (proc.name)) = a", "E244"),
        ("join((proc.name), (proc.name)) = a", "E244"),
        ("join(',', proc.name) = a", "E244"),
        ("join(',', getopt((proc.args), 'a')) = a", "E244"),
        ("getopt(proc.args, 'a') exists", "E244"),
        ("getopt((proc.args), ('a')) exists", "E244"),
        ("tolower(('A', 'B')) = a", "E203"),
        ("getopt((proc.args), 'a') = a", "E203"),
        ("getopt((proc.args), 'a') pmatch (a)", "E203"),
        ("len(proc.name) startswith 1", "E203"),
        ("len(proc.name) = a", "E204"),
        ("fd.net = val(fd.sip)", "E245"),
        ("proc.aname = val(proc.name)", "E245"),
        ("proc.name = val(proc.aname)", "E246"),
        ("proc.name pmatch val(proc.pname)", "E247"),
        ("proc.name = val(proc.pid)", "E248"),
        ("proc.pid = val(proc.tty)", "E248"),
        ("proc.name = len(proc.pname)", "E248"),
        ("proc.name in getopt((proc.args), 'a')", "E248"),
        ("getopt((proc.args), 'a') in val(proc.name)", "E248"),
    ],
)
def test_refused(condition: str, code: str) -> None:
    assert codes_of(Passes().check(condition)) == [code]


@pytest.mark.parametrize(
    ("condition", "type_", "check"),
    [
        ("tolower(proc.name) = a", T.CHARBUF, "tolower(proc.name) = a"),
        ("tolower(toupper(proc.name)) = a", T.CHARBUF, "tolower(toupper(proc.name)) = a"),
        ("len(proc.name) > 3", T.UINT64, "len(proc.name) > 3"),
        ("len(('a', proc.name)) = 2", T.UINT64, 'len(("a", proc.name)) = 2'),
        ("len(getopt((proc.args), 'a')) = 2", T.UINT64, 'len(getopt((proc.args), "a")) = 2'),
        ("tolower('ABC') = abc", T.CHARBUF, 'tolower("ABC") = abc'),
        ("join(',', (proc.name, 1, len(proc.name))) = a", T.CHARBUF, 'join(",", (proc.name, "1", len(proc.name))) = a'),
        ("join(0x1, ()) = a", T.CHARBUF, 'join("0x1", ()) = a'),
        ("concat(proc.exe, '-', tolower(proc.exe)) = a", T.CHARBUF, 'concat(proc.exe, "-", tolower(proc.exe)) = a'),
        ("concat(getopt((proc.args), 'a:')[a], 'x') = b", T.CHARBUF, 'concat(getopt((proc.args), "a:")[a], "x") = b'),
        ("getopt((proc.args[0], '-b'), 'a:')[a] = b", T.CHARBUF, 'getopt((proc.args[0], "-b"), "a:")[a] = b'),
        ("getopt((proc.args), 'a:') in (a, b)", T.CHARBUF, 'getopt((proc.args), "a:") in (a, b)'),
        ("getopt((proc.args), 'a:') in (a)", T.CHARBUF, 'getopt((proc.args), "a:") in (a)'),
        ("tolower(('A', proc.name)) in (a, b)", T.CHARBUF, 'tolower(("A", proc.name)) in (a, b)'),
        ("proc.name = val(proc.pname)", T.CHARBUF, "proc.name = val(proc.pname)"),
        ("proc.name in val(proc.pname)", T.CHARBUF, "proc.name = val(proc.pname)"),
        ("proc.pid >= val(proc.ppid)", T.INT64, "proc.pid >= val(proc.ppid)"),
        ("proc.name startswith tolower(proc.pname)", T.CHARBUF, "proc.name startswith tolower(proc.pname)"),
        ("len(proc.name) = len(proc.pname)", T.UINT64, "len(proc.name) = len(proc.pname)"),
        ("getopt((proc.args), 'a') in getopt((proc.exe), 'b')", T.CHARBUF,
         'getopt((proc.args), "a") in getopt((proc.exe), "b")'),
        ("proc.aname = oneof (b, a)", T.CHARBUF, "proc.aname = oneof (b, a)"),
        ("fd.ip != allof (10.0.0.1, ::1)", T.IPADDR, "fd.ip != allof (10.0.0.1, ::1)"),
        ("evt.buffer bcontains 6162FF", T.BYTEBUF, "evt.buffer bcontains 6162ff"),
        ("evt.buffer bstartswith anyof (6162)", T.BYTEBUF, "evt.buffer bstartswith 6162"),
        ("evt.buffer contains ab", T.BYTEBUF, "evt.buffer contains ab"),
        ("proc.aname = oneof (a)", T.CHARBUF, "proc.aname = a"),
    ],
)  # fmt: skip
def test_sources(condition: str, type_: ValueType, check: str) -> None:
    leaf = Passes().check(condition)
    assert isinstance(leaf, Leaf)
    assert (leaf.type, str(leaf.check)) == (type_, check)


def test_both_sides_are_looked_at() -> None:
    failed = Passes().check("tolower(proc.pid) = concat(proc.pid, fd.num)")
    assert codes_of(failed) == ["E244", "E244", "E244"]


def test_what_the_result_of_a_transformer_costs() -> None:
    passes = Passes()
    plain, lowered, both = (
        passes.check(text).cost
        for text in ("proc.name = a", "tolower(proc.name) = a", "tolower(proc.name) = toupper(proc.pname)")
    )
    assert plain < lowered < both


def test_all_wrong_items_of_a_list_are_reported() -> None:
    assert codes_of(Passes().check("fd.sport in (1, x-y, 2, z-z)")) == ["E204", "E204"]


def test_every_operator_on_every_kind() -> None:
    """A row's ``kinds`` decide, and nothing else."""
    samples = {"str": "a", "bytes": "aa", "int": "1", "uint": "1", "double": "1", "bool": "true"}
    samples |= {"ip": "::1", "net": "::/1"}
    plain = [row for row in FIELDS if row.arg == "none" and row.multi is None and row.name != "evt.type"]
    by_kind = {row.type.kind: row for row in plain if row.type.kind in samples}
    assert by_kind.keys() >= {"str", "int", "uint", "bool", "ip", "net"}
    for kind, row in by_kind.items():
        for operator in OPERATORS:
            numeric = operator.name in {"<", "<=", ">", ">="}
            value = "1" if numeric else samples[kind]
            right = {"none": "", "list": f"({value})", "scalar": value}[operator.operand]
            result = Passes().check(f"{row.name} {operator.name} {right}")
            assert isinstance(result, Failed) is (kind not in operator.kinds), (row.name, operator.name)


@pytest.mark.parametrize(
    ("condition", "tree"),
    [
        ("proc.name contains anyof (a, b)", "(proc.name contains a or proc.name contains b)"),
        ("proc.name != allof (a, b)", "(proc.name != a and proc.name != b)"),
        ("proc.name = anyof (a)", "proc.name = a"),
        ("proc.name = anyof a", "proc.name = a"),
        ("proc.name = oneof ()", "proc.name in ()"),
        ("proc.name = allof ()", "proc.name in ()"),
        ("proc.name = oneof (b, c, a, c)", "proc.name in (a, b)"),
        ("proc.name = oneof (c, c)", "proc.name in ()"),
        ("proc.name = allof (a, a)", "proc.name = a"),
        ("proc.name = allof (a, b)", "proc.name in ()"),
        ("proc.name startswith oneof ()", "false"),
        ("proc.name startswith allof ()", "false"),
        ("fd.cnet = oneof (10.0.0.0/8, 11.0.0.0/8)", "one of (fd.cnet = 10.0.0.0/8, fd.cnet = 11.0.0.0/8)"),
        ("fd.cnet = anyof (10.0.0.0/8, 11.0.0.0/8)", "fd.cnet in (10.0.0.0/8, 11.0.0.0/8)"),
        ("proc.name = anyof ()", "proc.name in ()"),
        ("proc.aname[1] = anyof (a, b)", "proc.aname[1] in (a, b)"),
        ("proc.aname == anyof (b, a)", "proc.aname in (a, b)"),
        ("proc.aname[1] != anyof (a, b)", "(proc.aname[1] != a or proc.aname[1] != b)"),
    ],
)
def test_modifiers(condition: str, tree: str) -> None:
    assert show(Passes().check(condition)) == tree


def test_equal_checks_are_one_leaf() -> None:
    tree = Passes().check("proc.name in (a, b) or proc.name in (b, a) or proc.name == c or proc.name = 'c'")
    first, second, third, fourth = tree.terms
    assert first is second
    assert third is fourth


def test_const_has_no_field() -> None:
    assert isinstance(Passes().check("proc.name glob allof ()"), Const)


@pytest.mark.parametrize("param", ["euid", "egid", "addr", "tuple", "val", "fds", "sigmask", "ppid", "argv"])
def test_params_that_falco_compares_with_nothing(param: str) -> None:
    for operator in ("= 0", "in (0)"):
        assert codes_of(Passes().check(f"evt.rawarg.{param} {operator}")) == ["E285"]
    assert isinstance(Passes().check(f"evt.rawarg.{param} exists"), Leaf)

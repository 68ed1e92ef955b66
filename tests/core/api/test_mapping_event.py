# SPDX-License-Identifier: Apache-2.0
"""Events given as mappings: every way of writing a field's argument."""

from __future__ import annotations

from typing import Any

import pytest
from support.core import checking, given

from tiercel.errors import EventError


@pytest.mark.parametrize(
    ("field", "operand", "value"),
    [
        ("evt.arg.flags", b"O_RDWR", "O_RDWR"),
        ("evt.arg[1]", b"x", "x"),
        ("evt.rawarg.flags", 3, 3),
        ("evt.rawarg.name", b"/etc/x", "/etc/x"),
        ("evt.rawarg.res", -2, -2),
        ("evt.rawarg.data", b"a\0b", b"a\0b"),
        ("evt.type.is.open", 1, 1),
        ("evt.abspath", b"/a", "/a"),
        ("evt.abspath.dst", b"/b", "/b"),
        ("evt.around[1700000000123456789]", 5, 5),
        ("thread.cgroup.cpu", b"/user", "/user"),
        ("proc.env[HOME]", b"/root", "/root"),
        ("proc.aenv[HOME]", b"/root", "/root"),
        ("proc.aenv[2]", b"A=1", "A=1"),
        ("proc.aname[3]", b"sh", "sh"),
        ("container.mount[0]", b"/a:/b", "/a:/b"),
        ("container.mount[/data]", b"/a:/b", "/a:/b"),
        ("container.label[app]", b"web", "web"),
    ],
)
def test_given(field: str, operand: Any, value: Any) -> None:
    assert given(checking(field, "eq", operand), {field: value})
    assert not given(checking(field, "eq", operand), {})


def test_arguments_tell_values_apart() -> None:
    program = checking("proc.aenv[HOME]", "eq", b"/root")
    assert not given(program, {"proc.aenv[PATH]": "/root"})
    assert not given(program, {"proc.aenv": ["/root"]})
    assert not given(checking("evt.type.is.open", "eq", 1), {"evt.type.is.openat": 1})
    assert not given(checking("container.mount[0]", "eq", b"x"), {"container.mount[00]": "x"})


def test_lists_stay_lists() -> None:
    for field in ("fd.types", "fd.types[0]"):
        assert given(checking(field, "exists"), {field: ["file"]})
        assert not given(checking(field, "exists"), {field: []})


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("evt.rawarg", 1, "E302"),
        ("evt.rawarg[flags]", 1, "E302"),
        ("evt.rawarg.flags", "O_RDWR", "E303"),
        ("evt.rawarg.name", 3, "E303"),
        ("thread.cgroup", "/", "E302"),
        ("proc.env.HOME", "/root", "E302"),
        ("container.mount", "x", "E302"),
        ("proc.name[1]", "x", "E302"),
        ("fd.types", 1, "E303"),
    ],
)
def test_refused(field: str, value: Any, code: str) -> None:
    with pytest.raises(EventError) as caught:
        given(checking("evt.rawarg.flags", "eq", 3), {field: value})
    assert caught.value.code == code

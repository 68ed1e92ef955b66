# SPDX-License-Identifier: Apache-2.0
"""Field names and their arguments."""

from __future__ import annotations

import pytest

from tiercel.lang.fields import BindError, bind
from tiercel.lang.suggest import suggest


@pytest.mark.parametrize(
    ("name", "arg", "field", "value"),
    [
        ("proc.name", None, "proc.name", None),
        ("proc.aname", None, "proc.aname", None),
        ("proc.aname", "2", "proc.aname", 2),
        ("proc.env", "HOME", "proc.env", "HOME"),
        ("evt.arg.flags", None, "evt.arg", "flags"),
        ("evt.arg", "1", "evt.arg", 1),
        ("evt.time.s", None, "evt.time.s", None),
    ],
)
def test_bound(name: str, arg: str | None, field: str, value: int | str | None) -> None:
    ref = bind(name, arg)
    assert (ref.field.name, ref.arg) == (field, value)


@pytest.mark.parametrize(
    ("name", "arg", "code"),
    [
        ("proc.nme", None, "E201"),
        ("proc", None, "E201"),
        ("evt.arg.flags", "1", "E201"),
        ("proc.name", "1", "E205"),
        ("evt.arg", None, "E206"),
        ("evt.arg", "flags", "E207"),
        ("proc.aname", "x", "E207"),
        ("proc.aname", "01", "E207"),
        ("proc.aname", "-1", "E207"),
        ("evt.arg.nosuch", None, "E209"),
    ],
)
def test_refused(name: str, arg: str | None, code: str) -> None:
    with pytest.raises(BindError) as caught:
        bind(name, arg)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("name", "known", "hint"),
    [
        ("proc.nmae", ["proc.name", "fd.name"], "did you mean `proc.name`?"),
        ("PROC.NAME", ["proc.name"], "did you mean `proc.name`?"),
        ("opne", ["open", "close"], "did you mean `open`?"),
        ("zzz", ["proc.name"], ""),
        ("x" * 1000, ["x" * 999], ""),
    ],
)
def test_suggestions(name: str, known: list[str], hint: str) -> None:
    assert suggest(name, known) == hint

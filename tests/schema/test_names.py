# SPDX-License-Identifier: Apache-2.0
"""Look-up of fields as rules spell them."""

from __future__ import annotations

import pytest

from tiercel.schema.names import EVENT_BY_CODE, OPERATOR_BY_NAME, FieldNameError, field_ref, params_named, slot


@pytest.mark.parametrize(
    ("text", "name", "arg", "path"),
    [
        ("fd.name", "fd.name", None, True),
        ("evt.time.s", "evt.time.s", None, False),
        ("proc.aname", "proc.aname", None, False),
        ("proc.aname[2]", "proc.aname", 2, False),
        ("proc.aname[0]", "proc.aname", 0, False),
        ("proc.env[LD_PRELOAD]", "proc.env", "LD_PRELOAD", False),
        ("proc.env[A=B C]", "proc.env", "A=B C", False),
        ("evt.arg.flags", "evt.arg", "flags", False),
        ("evt.arg.path", "evt.arg", "path", True),
        ("evt.arg[1]", "evt.arg", 1, True),
        ("evt.arg[25]", "evt.arg", 25, False),
        ("evt.arg.no_such_param", "evt.arg", "no_such_param", False),
    ],
)
def test_reference(text: str, name: str, arg: int | str | None, path: bool) -> None:
    ref = field_ref(text)
    assert (ref.field.name, ref.arg, ref.path, str(ref)) == (name, arg, path, text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "unknown"),
        ("proc", "unknown"),
        ("proc.nam", "unknown"),
        ("proc.name ", "unknown"),
        ("proc.name.", "unknown"),
        ("proc.name[", "unknown"),
        ("proc.aname.2", "unknown"),
        ("evt.arg.", "unknown"),
        ("evt.arg", "argument_missing"),
        ("evt.arg[]", "argument_missing"),
        ("proc.env[]", "argument_missing"),
        ("proc.name[1]", "argument_refused"),
        ("proc.aname[x]", "not_an_index"),
        ("proc.aname[-1]", "not_an_index"),
        ("proc.aname[01]", "not_an_index"),
        ("proc.aname[1\n]", "not_an_index"),
        ("proc.aname[9999999999]", "not_an_index"),
        ("evt.arg[name]", "not_an_index"),
    ],
)
def test_refused(text: str, reason: str) -> None:
    with pytest.raises(FieldNameError) as caught:
        field_ref(text)
    assert caught.value.reason == reason
    assert (caught.value.field is None) == (reason == "unknown")


def test_aliases_are_the_same_operator() -> None:
    assert OPERATOR_BY_NAME["=="] is OPERATOR_BY_NAME["="]


def test_params_of_a_name() -> None:
    assert {event.name for event, _ in params_named("linkpath")} == {"symlink", "symlinkat"}
    assert params_named("child_tid") == ()


def test_slots_are_dense() -> None:
    assert sorted(slot(event) for event in EVENT_BY_CODE.values()) == list(range(len(EVENT_BY_CODE)))

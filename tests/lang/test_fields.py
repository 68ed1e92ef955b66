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
        ("evt.type.is.open", None, "evt.type.is", "open"),
        ("proc.aenv", "HOME", "proc.aenv", "HOME"),
        ("proc.aenv", "2", "proc.aenv", 2),
        ("container.mount", "/data", "container.mount", "/data"),
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
        ("evt.rawarg.nosuch", None, "E209"),
        ("evt.rawarg", "res", "E207"),
        ("evt.type.is", None, "E206"),
        ("evt.type.is.nosuch", None, "E208"),
        ("thread.cgroup.cpu1", None, "E207"),
        ("evt.abspath.source", None, "E207"),
        ("proc.env.HOME", None, "E201"),
    ],
)
def test_refused(name: str, arg: str | None, code: str) -> None:
    with pytest.raises(BindError) as caught:
        bind(name, arg)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("name", "arg", "values"),
    [
        ("proc.env.HOME", None, {"field": "proc.env.HOME", "suggestion": "write `proc.env[HOME]`"}),
        ("k8s.pod.label.app", None, {"field": "k8s.pod.label.app", "suggestion": "write `k8s.pod.label[app]`"}),
        ("proc.nmae", None, {"field": "proc.nmae", "suggestion": "did you mean `proc.name`?"}),
        ("evt.arg", None, {"field": "evt.arg", "suggestion": "write `evt.arg.res` or `evt.arg[1]`"}),
        ("evt.type.is", None, {"field": "evt.type.is", "suggestion": "write `evt.type.is.open`"}),
        ("container.label", None, {"field": "container.label", "suggestion": "write `container.label[name]`"}),
        (
            "evt.arg",
            "flags",
            {
                "field": "evt.arg",
                "arg": "flags",
                "takes": "a name after a dot, or a number in brackets: `evt.arg.res` or `evt.arg[1]`",
            },
        ),
        (
            "evt.abspath.source",
            None,
            {
                "field": "evt.abspath",
                "arg": "source",
                "takes": "a name after a dot: `evt.abspath.src` or `evt.abspath.dst`",
            },
        ),
        ("proc.aname", "x", {"field": "proc.aname", "arg": "x", "takes": "a number in brackets: `proc.aname[1]`"}),
        ("evt.type.is.opne", None, {"name": "opne", "suggestion": "did you mean `open`?"}),
        ("evt.arg.flgas", None, {"name": "flgas", "suggestion": "did you mean `flags`?"}),
    ],
)
def test_what_is_said(name: str, arg: str | None, values: dict[str, str]) -> None:
    with pytest.raises(BindError) as caught:
        bind(name, arg)
    assert caught.value.values == values


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


@pytest.mark.parametrize("name", ["name7", "Name77", "nmae77", "name_77", "nam77", "nane77", "name77x"])
def test_suggestions_among_many(name: str) -> None:
    known = {f"name{number}" for number in range(70, 5000)}
    assert suggest(name, known).startswith("did you mean `name7")
    assert suggest("something else", known) == ""

# SPDX-License-Identifier: Apache-2.0
"""Look-up of fields as rules spell them."""

from __future__ import annotations

import pytest

from tiercel.schema.names import EVENT_BY_CODE, OPERATOR_BY_NAME, FieldNameError, field_ref, params_named, slot
from tiercel.schema.types import T, ValueType


def split(text: str) -> tuple[str, str | None]:
    name, bracket, rest = text.partition("[")
    return name, rest.removesuffix("]") if bracket else None


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
        ("proc.aenv[3]", "proc.aenv", 3, False),
        ("proc.aenv[PATH]", "proc.aenv", "PATH", False),
        ("container.mount[0]", "container.mount", 0, False),
        ("container.mount[01]", "container.mount", "01", False),
        ("container.mount.source[/data]", "container.mount.source", "/data", False),
        ("container.label[app]", "container.label", "app", False),
        ("evt.arg.flags", "evt.arg", "flags", False),
        ("evt.arg.path", "evt.arg", "path", True),
        ("evt.arg[1]", "evt.arg", 1, True),
        ("evt.arg[25]", "evt.arg", 25, False),
        ("evt.arg.queuelen", "evt.arg", "queuelen", False),
        ("evt.rawarg.name", "evt.rawarg", "name", False),
        ("evt.type.is.open", "evt.type.is", "open", False),
        ("evt.type.is.page_fault", "evt.type.is", "page_fault", False),
        ("evt.abspath", "evt.abspath", None, True),
        ("evt.abspath.src", "evt.abspath", "src", True),
        ("evt.around[1700000000123456789]", "evt.around", 1700000000123456789, False),
        ("thread.cgroup.cpu", "thread.cgroup", "cpu", False),
        ("thread.cgroups", "thread.cgroups", None, False),
        ("fd.types[0]", "fd.types", 0, False),
    ],
)
def test_reference(text: str, name: str, arg: int | str | None, path: bool) -> None:
    ref = field_ref(*split(text))
    assert (ref.field.name, ref.arg, ref.path, str(ref)) == (name, arg, path, text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "unknown"),
        ("proc", "unknown"),
        ("proc.nam", "unknown"),
        ("proc.name ", "unknown"),
        ("proc.name.", "unknown"),
        ("proc.aname.2", "unknown"),
        ("proc.env.HOME", "unknown"),
        ("container.label.app", "unknown"),
        ("evt.arg.res[1]", "unknown"),
        ("evt.args.res", "unknown"),
        ("evt.arg", "missing"),
        ("evt.rawarg", "missing"),
        ("thread.cgroup", "missing"),
        ("evt.type.is", "missing"),
        ("container.label", "missing"),
        ("proc.name[1]", "refused"),
        ("proc.name[", "refused"),
        ("evt.arg[]", "unfit"),
        ("proc.env[]", "unfit"),
        ("container.mount[]", "unfit"),
        ("proc.aname[x]", "unfit"),
        ("proc.aname[-1]", "unfit"),
        ("proc.aname[01]", "unfit"),
        ("proc.aname[1\n]", "unfit"),
        ("proc.aname[2147483647]", "unfit"),
        ("evt.around[9999999999999999999]", "unfit"),
        ("evt.arg[name]", "unfit"),
        ("evt.rawarg[res]", "unfit"),
        ("thread.cgroup.cpu2", "unfit"),
        ("thread.cgroup.", "unfit"),
        ("evt.abspath.source", "unfit"),
        ("evt.arg.", "no_param"),
        ("evt.arg.no_such_param", "no_param"),
        ("evt.rawarg.no_such_param", "no_param"),
        ("evt.type.is.no_such_event", "no_event"),
    ],
)
def test_refused(text: str, reason: str) -> None:
    with pytest.raises(FieldNameError) as caught:
        field_ref(*split(text))
    assert caught.value.reason == reason
    assert (caught.value.field is None) == (reason == "unknown")


@pytest.mark.parametrize(
    ("text", "vtype", "fmt", "multi"),
    [
        ("evt.rawarg.flags", T.FLAGS32, "hex", None),
        ("evt.rawarg.name", T.FSPATH, "dec", None),
        ("evt.rawarg.res", T.ERRNO, "dec", None),
        ("evt.rawarg.queuelen", T.UINT32, "dec", None),
        ("evt.arg.flags", T.CHARBUF, "dec", None),
        ("proc.aname", T.CHARBUF, "dec", "any"),
        ("proc.aname[1]", T.CHARBUF, "dec", None),
        ("fd.types", T.CHARBUF, "dec", "list"),
        ("fd.types[1]", T.CHARBUF, "dec", "list"),
        ("proc.pid", T.INT64, "id", None),
    ],
)
def test_what_an_argument_changes(text: str, vtype: ValueType, fmt: str, multi: str | None) -> None:
    ref = field_ref(*split(text))
    assert (ref.type, ref.fmt, ref.multi) == (vtype, fmt, multi)


def test_aliases_are_the_same_operator() -> None:
    assert OPERATOR_BY_NAME["=="] is OPERATOR_BY_NAME["="]


def test_params_of_a_name() -> None:
    assert {event.name for event, _ in params_named("linkpath")} == {"symlink", "symlinkat"}
    assert params_named("child_tid") == ()


def test_slots_are_dense() -> None:
    assert sorted(slot(event) for event in EVENT_BY_CODE.values()) == list(range(len(EVENT_BY_CODE)))

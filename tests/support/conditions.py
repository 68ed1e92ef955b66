# SPDX-License-Identifier: Apache-2.0
"""Hypothesis strategies: conditions as an author may write them, and events that they can hold for."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tiercel.lang.printer import escape
from tiercel.schema.names import EVENT_BY_NAME

EVENT_NAMES = ("open", "openat", "execve", "connect", "rename", "procexit")

_WORDS = st.sampled_from(["cat", "sh", "bash", "Cat", "nginx", "", "a b", "x'y", 'q"r'])
_PATHS = st.sampled_from(
    ["/etc", "/etc/passwd", "/etc/shadow", "/tmp/x", "/", "etc/passwd", "/etc//x/", "/tmp/cat", "/ETC/x", "//etc"]
)
_ODD = st.text(alphabet="ab/*?.[]!-\\", max_size=6)
_PATTERNS = st.sampled_from(["/etc/*", "*pass*", "[a-c]at", "c?t", "*", "", "/*/x", "[!a]*", "[", "a\\*", "/etc/[ps]*"])
_ADDRESSES = st.sampled_from(["10.0.0.1", "10.0.0.2", "192.168.1.1", "::1", "fd00::7"])
_NETWORKS = st.sampled_from(["10.0.0.0/8", "10.0.0.1/32", "192.168.0.0/16", "0.0.0.0/0", "fd00::/8", "::/1"])
_NUMBERS = st.integers(-3, 4)
_COUNTS = st.integers(0, 4)

_TEXTS = _WORDS | _PATHS | _ODD
_TEXT_FIELDS = ("proc.name", "proc.pname", "proc.aname", "proc.aname[2]", "proc.cmdline", "user.name", "container.id")
_PATH_FIELDS = ("fd.name", "fd.directory", "fs.path.name")
_INT_FIELDS = ("fd.num", "evt.rawres", "proc.pid", "proc.apid", "proc.apid[1]")
_UINT_FIELDS = ("user.uid", "fd.sport", "fd.port", "proc.tty")
_BOOL_FIELDS = ("evt.is_open_write", "evt.failed")
_IP_FIELDS = ("fd.sip", "fd.ip")
_PARAMS = ("name", "flags", "oldpath", "fd", "res")
_TEXT_OPERATORS = ("=", "==", "!=", "contains", "icontains", "startswith", "endswith", "glob")
_MULTI = {"proc.aname", "proc.apid", "fd.ip", "fd.port", "fd.net"}


@st.composite
def conditions(draw: st.DrawFn) -> str:
    """A condition, with parentheses around each junction's terms."""
    tree = st.recursive(
        checks(),
        lambda inner: st.one_of(
            st.lists(inner, min_size=2, max_size=4).map(lambda terms: _joined(" and ", terms)),
            st.lists(inner, min_size=2, max_size=4).map(lambda terms: _joined(" or ", terms)),
            inner.map(lambda term: f"not ({term})"),
        ),
        max_leaves=12,
    )
    return draw(tree)


def _joined(word: str, terms: list[str]) -> str:
    return word.join(f"({term})" for term in terms)


@st.composite
def checks(draw: st.DrawFn) -> str:
    """One check on any kind of field."""
    kind = draw(
        st.sampled_from(("text", "text", "path", "path", "int", "uint", "bool", "ip", "net", "type", "arg", "num"))
    )
    match kind:
        case "text" | "path":
            return _text_check(draw, draw(st.sampled_from(_TEXT_FIELDS if kind == "text" else _PATH_FIELDS)))
        case "arg":
            return _text_check(draw, f"evt.arg.{draw(st.sampled_from(_PARAMS))}")
        case "int" | "uint":
            field = draw(st.sampled_from(_INT_FIELDS if kind == "int" else _UINT_FIELDS))
            return _number_check(draw, field, _NUMBERS if kind == "int" else _COUNTS)
        case "bool":
            field = draw(st.sampled_from(_BOOL_FIELDS))
            op = draw(st.sampled_from(("=", "!=")))
            return f"{field} {op} {draw(st.sampled_from(('true', 'false')))}"
        case "ip":
            return _equality_check(draw, draw(st.sampled_from(_IP_FIELDS)), _ADDRESSES)
        case "net":
            return _equality_check(draw, "fd.net", _NETWORKS)
        case "num":
            return _number_check(draw, "evt.num", _COUNTS)
        case _:
            return _equality_check(draw, "evt.type", st.sampled_from(EVENT_NAMES))


def _written(value: str | int) -> str:
    return escape(str(value).encode()).decode()


def _listed(draw: st.DrawFn, values: st.SearchStrategy[Any]) -> str:
    return f"({', '.join(map(_written, draw(st.lists(values, max_size=5))))})"


def _text_check(draw: st.DrawFn, field: str) -> str:
    form = draw(st.sampled_from(("single", "single", "in", "pmatch", "exists", "modifier")))
    if form == "exists":
        return f"{field} exists"
    if form == "in":
        return f"{field} in {_listed(draw, _TEXTS)}"
    if form == "pmatch":
        return f"{field} pmatch {_listed(draw, _PATHS | _PATTERNS)}"
    op = draw(st.sampled_from(_TEXT_OPERATORS))
    values = _PATTERNS | _TEXTS if op == "glob" else _TEXTS
    if form == "modifier" and field not in _MULTI:
        return f"{field} {op} {draw(st.sampled_from(('oneof', 'anyof', 'allof')))} {_listed(draw, values)}"
    return f"{field} {op} {_written(draw(values))}"


def _number_check(draw: st.DrawFn, field: str, values: st.SearchStrategy[int]) -> str:
    op = draw(st.sampled_from(("=", "!=", "<", "<=", ">", ">=", "in", "exists")))
    if op == "exists":
        return f"{field} exists"
    return f"{field} {op} {_listed(draw, values) if op == 'in' else draw(values)}"


def _equality_check(draw: st.DrawFn, field: str, values: st.SearchStrategy[str]) -> str:
    op = draw(st.sampled_from(("=", "!=", "in", "exists")))
    if op == "exists":
        return f"{field} exists"
    return f"{field} {op} {_listed(draw, values) if op == 'in' else _written(draw(values))}"


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    """An event as a mapping; any field but the type and the number may be missing."""
    row = EVENT_BY_NAME[draw(st.sampled_from(EVENT_NAMES))]
    event: dict[str, Any] = {"evt.type": row.name, "evt.num": draw(st.integers(1, 4))}
    for name in _TEXT_FIELDS:
        _maybe(draw, event, name, _TEXTS)
    for name in _PATH_FIELDS:
        _maybe(draw, event, name, _bindings(_PATHS | _ODD))
    for name in _INT_FIELDS:
        _maybe(draw, event, name, _NUMBERS)
    for name in _UINT_FIELDS:
        _maybe(draw, event, name, _COUNTS)
    for name in _BOOL_FIELDS:
        _maybe(draw, event, name, st.booleans())
    for name in (*_IP_FIELDS, "fd.net"):
        _maybe(draw, event, name, _ADDRESSES)
    for param in row.params:
        if param.name in _PARAMS:
            values = _bindings(_PATHS) if param.type.is_path else _TEXTS
            _maybe(draw, event, f"evt.arg.{param.name}", values)
    return event


def _maybe(draw: st.DrawFn, event: dict[str, Any], name: str, values: st.SearchStrategy[Any]) -> None:
    if not draw(st.booleans()):
        return
    several = name in _MULTI
    event[name] = draw(st.lists(values, max_size=3)) if several else draw(values)


def _bindings(values: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """One path, or two where what was asked for is not what was opened."""
    return st.one_of(values, st.fixed_dictionaries({"requested": values, "resolved": values}))

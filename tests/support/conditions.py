# SPDX-License-Identifier: Apache-2.0
"""Hypothesis strategies: conditions as an author may write them, on every kind of field, with every operator and
transformer.  The values are few and shared with the events of ``given_events``, so that checks are often true.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias

from hypothesis import strategies as st

from support import given_events as given
from tiercel.lang.printer import escape, quote

Draw: TypeAlias = Callable[[st.SearchStrategy[Any]], Any]
Values: TypeAlias = "st.SearchStrategy[Any]"

_EQUALITY = ("=", "==", "!=")
_ORDER = ("<", "<=", ">", ">=")
_TEXT = (*_EQUALITY, "contains", "icontains", "startswith", "endswith", "glob", "iglob", "regex")
_BYTES = (*_EQUALITY, "contains", "startswith", "endswith")
_MODIFIERS = ("oneof", "anyof", "allof")
_FRAGMENTS = given.WORDS | st.sampled_from(["a", "at", "/", "/etc", "pass", "s", "", "wd", "CAT", "/x"])
_PATTERNS = st.sampled_from(
    [
        "/etc/*",
        "*pass*",
        "[a-c]at",
        "c?t",
        "*",
        "",
        "/*/x",
        "[!a]*",
        "[",
        "a\\*",
        "/etc/[ps]*",
        "*[[:upper:]]*",
        "C*",
        "?",
    ]
)
_EXPRESSIONS = st.sampled_from(
    (
        *("c.t", "[a-c]at", "(cat|sh)", "/etc/.*", ".*pass.*", "cat|bash", "^cat$", "", ".*", "[^/]+", "(ba|da)?sh"),
        *(
            "a.?b",
            "/etc/(passwd|shadow)",
            "[A-Z].+",
            "b{0,1}a.{2}",
            ".*[.]conf",
            "[a-z]+",
            "a\nb|cat",
            "a$\n^b",
            "([^a-z]+|c)at?",
        ),
    )
)
_HEX = st.sampled_from(["7f45", "7F454C46", "00", "6162", "", "ff", "0a", "620063"])
_SEPARATORS = st.sampled_from([",", "-", "", " "])
_OPTSTRINGS = st.sampled_from(["ab:c", ":a:b", "", "c:", "abc", "b:a:"])
_WORDS_OF_OPTIONS = st.sampled_from(["-a", "-b", "x", "-bx", "--", "-", "--long", "-abc", "-c", "", "-ac", "-?"])


@st.composite
def conditions(draw: Draw, macros: tuple[str, ...] = (), lists: tuple[str, ...] = ()) -> str:
    """A condition; it may name the macros and lists."""
    leaf: Values = checks(lists)
    if macros:
        leaf = st.one_of(leaf, leaf, leaf, st.sampled_from(macros))
    tree = st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.lists(inner, min_size=2, max_size=3).map(lambda terms: _joined(" and ", terms)),
            st.lists(inner, min_size=2, max_size=4).map(lambda terms: _joined(" or ", terms)),
            inner.map(lambda term: f"not ({term})"),
        ),
        max_leaves=8,
    )
    text = draw(tree)
    return _about_few_fields(text) if draw(st.booleans()) else text


def _about_few_fields(text: str) -> str:
    """The condition with one field in place of all of its kind, so that its checks imply and exclude each other."""
    for fields in (given.TEXT_FIELDS, given.PATH_FIELDS, given.INT_FIELDS, given.UINT_FIELDS, given.IP_FIELDS):
        first, *others = (name for name in fields if name not in given.SEVERAL and "[" not in name)
        text = re.sub(rf"(?<![\w.])({'|'.join(map(re.escape, others))})(?![\w.\[])", first, text)
    return text


def _joined(word: str, terms: list[str]) -> str:
    return word.join(f"({term})" for term in terms)


@st.composite
def checks(draw: Draw, lists: tuple[str, ...] = ()) -> str:
    """One check on any kind of field."""
    make = draw(st.sampled_from(_CHECKS))
    return make(draw, lists)  # type: ignore[no-any-return]


def _one(draw: Draw, values: tuple[Any, ...]) -> Any:
    return draw(st.sampled_from(values))


def written(value: str | int | bytes) -> str:
    """A constant as a condition spells it."""
    if isinstance(value, bytes) and not value.decode("latin-1").isprintable():
        return '"' + "".join(f"\\x{byte:02x}" for byte in value) + '"'
    text = value.decode() if isinstance(value, bytes) else str(value)
    return escape(text.encode()).decode()


def _listed(draw: Draw, values: Values, lists: tuple[str, ...] = ()) -> str:
    items = [written(value) for value in draw(st.lists(values, max_size=5))]
    if lists and draw(st.booleans()):
        items.append(_one(draw, lists))
    return f"({', '.join(items)})"


def _check(draw: Draw, left: str, ops: tuple[str, ...], values: Values, lists: tuple[str, ...] = ()) -> str:
    """A check with constants: plain, with a modifier, or among several."""
    form = _one(draw, ("single", "single", "in", "intersects", "modifier", "exists"))
    if form == "exists":
        return f"{left} exists"
    if form in {"in", "intersects"}:
        return f"{left} {form} {_listed(draw, values, lists)}"
    op = _one(draw, ops)
    operands = {"glob": _PATTERNS, "iglob": _PATTERNS, "regex": _EXPRESSIONS}.get(op, values)
    if form == "modifier" and op not in _ORDER:
        return f"{left} {op} {_one(draw, _MODIFIERS)} {_listed(draw, operands)}"
    if op in {"contains", "icontains", "startswith", "endswith"}:
        operands = _FRAGMENTS
    return f"{left} {op} {written(draw(operands))}"


# -- checks by kind ------------------------------------------------------------------------------------------------


def _text(draw: Draw, lists: tuple[str, ...]) -> str:
    return _text_check(draw, _one(draw, given.TEXT_FIELDS), given.WORDS, lists)


def _path(draw: Draw, lists: tuple[str, ...]) -> str:
    return _text_check(draw, _one(draw, given.PATH_FIELDS), given.PATHS, lists)


def _arg(draw: Draw, lists: tuple[str, ...]) -> str:
    return _text_check(draw, f"evt.arg.{_one(draw, given.PARAMS)}", given.PATHS | given.WORDS, lists)


def _text_check(draw: Draw, left: str, values: Values, lists: tuple[str, ...]) -> str:
    form = _one(draw, ("any", "any", "any", "any", "pmatch", "order"))
    if form == "pmatch":
        return f"{left} pmatch {_listed(draw, given.PATHS | _PATTERNS, lists)}"
    if form == "order":
        return f"{left} {_one(draw, _ORDER)} {draw(given.NUMERALS)}"
    return _check(draw, left, _TEXT, values, lists)


def _bytes(draw: Draw, _lists: tuple[str, ...]) -> str:
    if draw(st.booleans()):
        op, modifier = _one(draw, ("bcontains", "bstartswith")), _one(draw, (None, None, *_MODIFIERS))
        operand = draw(_HEX.filter(bool)) if modifier is None else f"{modifier} {_listed(draw, _HEX.filter(bool))}"
        return f"evt.buffer {op} {operand}"
    return _check(draw, "evt.buffer", _BYTES, given.BUFFERS)


def _number(draw: Draw, _lists: tuple[str, ...]) -> str:
    kind = _one(draw, ("int", "uint", "port", "double", "num"))
    if kind == "double":
        return _check(draw, _one(draw, given.DOUBLE_FIELDS), (*_EQUALITY, *_ORDER), st.integers(-1, 3))
    if kind == "port":
        field, values = _one(draw, given.PORT_FIELDS), given.PORTS | st.sampled_from(["http", "ssh"])
        return _check(draw, field, _EQUALITY, values) if draw(st.booleans()) else _ordered(draw, field, given.PORTS)
    if kind == "num":
        return _check(draw, "evt.num", (*_EQUALITY, *_ORDER), st.integers(0, 4))
    fields, values = (given.INT_FIELDS, given.INTS) if kind == "int" else (given.UINT_FIELDS, given.UINTS)
    return _check(draw, _one(draw, fields), (*_EQUALITY, *_ORDER), values)


def _ordered(draw: Draw, field: str, values: Values) -> str:
    return f"{field} {_one(draw, _ORDER)} {draw(values)}"


def _bool(draw: Draw, _lists: tuple[str, ...]) -> str:
    return _check(draw, _one(draw, given.BOOL_FIELDS), _EQUALITY, st.sampled_from(["true", "false"]))


def _address(draw: Draw, _lists: tuple[str, ...]) -> str:
    if draw(st.booleans()):
        return _check(draw, _one(draw, given.NET_FIELDS), _EQUALITY, given.NETWORKS)
    return _check(draw, _one(draw, given.IP_FIELDS), _EQUALITY, given.ADDRESSES)


def _type(draw: Draw, _lists: tuple[str, ...]) -> str:
    return _check(draw, "evt.type", _EQUALITY, st.sampled_from(given.EVENT_NAMES))


def _list(draw: Draw, lists: tuple[str, ...]) -> str:
    left = _one(draw, ("fd.types", "toupper(fd.types)", "getopt"))
    if left == "getopt":
        left = _getopt(draw)
        if left.endswith("]"):
            return _text_check(draw, left, _WORDS_OF_OPTIONS, lists)
        if draw(st.integers(0, 5)) == 0:
            other = _getopt(draw).partition("[")[0]
            return f"{left} {_one(draw, ('in', 'intersects'))} {other}"
    values = st.sampled_from(["file", "ipv4", "pipe", "FILE", "IPV4", "a", "b", "x", "?", ""])
    if draw(st.integers(0, 5)) == 0:
        return f"{left} exists"
    return f"{left} {_one(draw, ('in', 'intersects'))} {_listed(draw, values)}"


# -- transformers --------------------------------------------------------------------------------------------------


def _transformed(draw: Draw, depth: int = 2) -> str:
    """A transformer whose result is one text."""
    name = _one(draw, ("tolower", "toupper", "basename", "b64", "join", "concat", "getopt"))
    if name == "getopt":
        return _getopt(draw, selected=True)
    if name == "join":
        items = [_argument(draw, depth) for _ in range(draw(st.integers(0, 3)))]
        numbers = [_one(draw, given.SINGLE_INT_FIELDS)] if draw(st.integers(0, 4)) == 0 else []
        return f"join({quoted(draw(_SEPARATORS))}, ({', '.join(items + numbers)}))"
    if name == "concat":
        return f"concat({', '.join(_argument(draw, depth) for _ in range(draw(st.integers(2, 3))))})"
    inner = _one(draw, given.SINGLE_TEXT_FIELDS) if depth == 0 or draw(st.booleans()) else _transformed(draw, depth - 1)
    return f"{name}({inner})"


def _argument(draw: Draw, depth: int) -> str:
    form = _one(draw, ("field", "field", "text", "call"))
    if form == "text":
        return quoted(draw(given.WORDS))
    return _transformed(draw, depth - 1) if form == "call" and depth else _one(draw, given.SINGLE_TEXT_FIELDS)


def quoted(text: str) -> str:
    """A text in quotes, whatever is in it."""
    return quote(text.encode()).decode()


def _getopt(draw: Draw, *, selected: bool = False) -> str:
    items = [quoted(draw(_WORDS_OF_OPTIONS)) for _ in range(draw(st.integers(1, 4)))]
    items += [_one(draw, given.OPTION_FIELDS) for _ in range(draw(st.integers(0, 2)))]
    option = f"[{_one(draw, ('a', 'b', 'c'))}]" if selected or draw(st.booleans()) else ""
    return f"getopt(({', '.join(items)}), {quoted(draw(_OPTSTRINGS))}){option}"


def _call(draw: Draw, lists: tuple[str, ...]) -> str:
    kind = _one(draw, ("text", "text", "len", "bytes"))
    if kind == "len":
        of = _one(draw, (*given.SINGLE_TEXT_FIELDS, "fd.types", "evt.buffer", "call", "options"))
        of = _transformed(draw) if of == "call" else _getopt(draw).partition("[")[0] if of == "options" else of
        return _check(draw, f"len({of})", (*_EQUALITY, *_ORDER), st.integers(0, 6))
    if kind == "bytes":
        return _check(draw, "b64(evt.buffer)", _BYTES, given.BUFFERS)
    return _text_check(draw, _transformed(draw), given.WORDS | given.PATHS, lists)


# -- one field against another ---------------------------------------------------------------------------------------


def _against(draw: Draw, _lists: tuple[str, ...]) -> str:
    kind = _one(draw, ("text", "text", "int", "bool", "ip", "port", "len"))
    if kind == "text":
        left = _one(draw, given.SINGLE_TEXT_FIELDS) if draw(st.booleans()) else _transformed(draw)
        right = f"val({_one(draw, given.SINGLE_TEXT_FIELDS)})" if draw(st.booleans()) else _transformed(draw)
        ops = tuple(op for op in _TEXT if op != "regex")
        return f"{left} {_one(draw, (*ops, *_ORDER, 'in', 'intersects'))} {right}"
    if kind == "len":
        texts = given.SINGLE_TEXT_FIELDS
        return f"len({_one(draw, texts)}) {_one(draw, (*_EQUALITY, *_ORDER))} len({_one(draw, texts)})"
    choices: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
        "int": (given.SINGLE_INT_FIELDS, (*_EQUALITY, *_ORDER, "in")),
        "bool": (given.BOOL_FIELDS, _EQUALITY),
        "ip": (given.SINGLE_IP_FIELDS, (*_EQUALITY, "in")),
        "port": (given.SINGLE_PORT_FIELDS, (*_EQUALITY, *_ORDER)),
    }
    fields, ops = choices[kind]
    return f"{_one(draw, fields)} {_one(draw, ops)} val({_one(draw, fields)})"


_CHECKS = (
    _text,
    _text,
    _path,
    _path,
    _arg,
    _bytes,
    _number,
    _number,
    _bool,
    _address,
    _type,
    _list,
    _call,
    _call,
    _against,
)

# SPDX-License-Identifier: Apache-2.0
"""Types of fields and transformer results."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from tiercel.compiler.ir.operands import KIND_WORDS
from tiercel.compiler.ir.program import Items, Read, Source, Transform
from tiercel.compiler.ir.tree import BoundCall, BoundField, BoundItems, BoundSource, Failed, failed
from tiercel.lang.ast import Value
from tiercel.lang.diagnostics import diagnose, show
from tiercel.lang.text import Span
from tiercel.schema.types import T, Transformer, ValueType

__all__ = ["PLURALS", "Typed", "kind_of", "typed_source"]

PLURALS: Final = MappingProxyType(
    {
        "str": "texts",
        "bytes": "byte strings",
        "int": "numbers",
        "uint": "numbers",
        "double": "numbers",
        "bool": "true and false",
        "ip": "addresses",
        "net": "networks",
    }
)
"""Plural names of the kinds of values in messages."""

Argument: TypeAlias = "BoundSource | BoundItems | Value"


class Typed(NamedTuple):
    """A field, a transformer's result, or an argument of one.

    Attributes:
        source: source in a program; bytes for constants.
        type: type of the value, or of each value.
        is_list: the value is a list.
        several: not a list, but several values that are compared one by one, as with ``proc.aname``.
        no_rhs: a comparison with another field is invalid.
        no_transformer: transformers are invalid.
        made: result of a transformer with several arguments; other transformers do not treat it as a list.
    """

    source: Source | Items | bytes
    type: ValueType
    is_list: bool = False
    several: bool = False
    no_rhs: bool = False
    no_transformer: bool = False
    made: bool = False


def typed_source(bound: BoundSource) -> Typed | Failed:
    """Return the type of a field or transformer, or all findings about it."""
    return _field(bound) if isinstance(bound, BoundField) else _call(bound)


def kind_of(typed: Typed) -> str:
    """Return the name of a value's kind: ``text``, ``a list of numbers``."""
    return f"a list of {PLURALS[typed.type.kind]}" if typed.is_list else KIND_WORDS[typed.type.kind]


def _field(bound: BoundField) -> Typed:
    ref, row = bound.ref, bound.ref.field
    is_list = row.multi == "list"
    several = row.multi is not None and not is_list and ref.arg is None
    return Typed(Read(row.name, ref.arg), ref.type, is_list, several, row.no_rhs or several, row.no_transformer)


def _call(call: BoundCall) -> Typed | Failed:
    args = [_argument(arg) for arg in call.args]
    bad = failed(args)
    if bad is not None:
        return bad
    good = [arg for arg in args if isinstance(arg, Typed)]
    want = _COUNTS.get(call.row.name, (1, 1))
    if not want[0] <= len(good) <= want[1]:
        return _refuse("E240", call.span, name=call.row.name, want=_count(want), have=len(good), usage=_usage(call.row))
    return _option(call) or _TYPING.get(call.row.name, _one)(call, good)


def _argument(arg: Argument) -> Typed | Failed:
    match arg:
        case Value(data):
            return Typed(data, T.CHARBUF)
        case BoundItems(items):
            made = [_item(item) for item in items]
            bad = failed(made)
            if bad is not None:
                return bad
            sources = tuple(item.source for item in made if isinstance(item, Typed))
            return Typed(Items(sources), T.CHARBUF, is_list=True)  # type: ignore[arg-type]
        case _:
            return _whole(typed_source(arg), arg.span)


def _item(item: BoundSource | Value) -> Typed | Failed:
    typed = _argument(item)
    if isinstance(typed, Typed) and typed.type.kind == "net":
        return _refuse("E243", item.span, field=show(str(typed.source)))
    return typed


def _whole(typed: Typed | Failed, span: Span) -> Typed | Failed:
    """Refuse several values that are compared one by one, since an argument is one value."""
    if isinstance(typed, Typed) and typed.several:
        return _refuse("E243", span, field=show(str(typed.source)))
    return typed


def _option(call: BoundCall) -> Failed | None:
    if call.option is None:
        return None
    if call.row.result != "options":
        return _refuse("E241", call.span, name=call.row.name)
    if len(call.option.encode("utf-8", "surrogateescape")) != 1:
        return _refuse("E242", call.span, name=call.row.name, arg=show(call.option))
    return None


# -- one argument ------------------------------------------------------------------------------------------------------


def _one(call: BoundCall, args: list[Typed]) -> Typed | Failed:
    (arg,) = args
    row, written = call.row, call.args[0]
    if arg.no_transformer:
        return _refuse("E243", written.span, field=show(str(arg.source)))
    counts_elements = row.result == "uint" and arg.is_list
    if arg.type.kind not in row.kinds and not counts_elements:
        return _unfit(row, written, arg, "text or bytes" if "bytes" in row.kinds else "text")
    type_, is_list = (T.UINT64, False) if row.result == "uint" else (arg.type, arg.is_list)
    return Typed(Transform(row.name, (arg.source,)), type_, is_list, no_rhs=arg.no_rhs, made=arg.made)


# -- several arguments -------------------------------------------------------------------------------------------------


def _join(call: BoundCall, args: list[Typed]) -> Typed | Failed:
    separator, joined = args
    bad = failed((
        _unless(_is_text(separator), call, 0, separator, "text"),
        _unless(_is_list(joined), call, 1, joined, _LIST),
    ))  # fmt: skip
    return bad or _made(call, args)


def _concat(call: BoundCall, args: list[Typed]) -> Typed | Failed:
    bad = failed(_unless(_is_text(arg), call, place, arg, "text") for place, arg in enumerate(args))
    return bad or _made(call, args)


def _getopt(call: BoundCall, args: list[Typed]) -> Typed | Failed:
    words, options = args
    bad = failed((
        _unless(_is_list(words) and words.type.kind == "str", call, 0, words, _LIST),
        _unless(_is_text(options), call, 1, options, "text"),
    ))  # fmt: skip
    return bad or _made(call, args, is_list=call.option is None)


def _is_text(arg: Typed) -> bool:
    return arg.type is T.CHARBUF and not arg.is_list


def _is_list(arg: Typed) -> bool:
    """Return whether Falco treats the value as a list; the result of `getopt` is not one."""
    return arg.is_list and not arg.made


def _made(call: BoundCall, args: list[Typed], *, is_list: bool = False) -> Typed:
    sources = tuple(arg.source for arg in args)
    return Typed(Transform(call.row.name, sources, call.option), T.CHARBUF, is_list, made=True)


_LIST: Final = "a list field or values in parentheses"
_TYPING: Final[MappingProxyType[str, Callable[[BoundCall, list[Typed]], Typed | Failed]]] = MappingProxyType(
    {"join": _join, "concat": _concat, "getopt": _getopt}
)
_MANY: Final = 1 << 30
_COUNTS: Final = MappingProxyType({"join": (2, 2), "concat": (2, _MANY), "getopt": (2, 2)})


# -- findings ----------------------------------------------------------------------------------------------------------


def _refuse(code: str, span: Span, **values: object) -> Failed:
    return Failed((diagnose(code, span, **values),))


def _unless(fits: bool, call: BoundCall, place: int, arg: Typed, takes: str) -> Failed | None:
    return None if fits else _unfit(call.row, call.args[place], arg, f"{takes} as argument {place + 1}")


def _unfit(row: Transformer, written: Argument, arg: Typed, takes: str) -> Failed:
    usage = _usage(row)
    value = show(written.span.value)
    return _refuse("E244", written.span, name=row.name, takes=takes, arg=value, kind=kind_of(arg), usage=usage)


def _count(want: tuple[int, int]) -> str:
    low, high = want
    return f"{low} argument{'s' * (low > 1)}" + (" at least" if high == _MANY else "")


def _usage(row: Transformer) -> str:
    return f"write `{row.name}({row.args})`"

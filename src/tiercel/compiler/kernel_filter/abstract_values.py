# SPDX-License-Identifier: Apache-2.0
"""Possible values of fields, by the facts that the probe can test.

The *cases* of a field are conjunctions; every event meets one of them. Each case has the values that are possible then.
The cases follow the extractors of the core, as these read records of the live kernel.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from tiercel.compiler.ir.check_logic import compare
from tiercel.compiler.ir.program import CompiledCheck, Operand, Read
from tiercel.compiler.kernel_filter.atoms import Atom, mask
from tiercel.compiler.kernel_filter.dnf import TOP, Conjunction, closed
from tiercel.compiler.kernel_filter.event_traits import EventTraits
from tiercel.frozen import frozen
from tiercel.schema.names import FIELD_BY_NAME

__all__ = ["AbstractCase", "can_be_false", "can_be_true", "cases_of"]


@frozen
class ValueSet:
    """Possible values of a field: one of ``few``, a number from ``low`` to ``high``, or anything except ``never``.

    Attributes:
        may_be_missing: the field may also have no value.
    """

    few: frozenset[Operand] | None = None
    low: int | None = None
    high: int | None = None
    never: frozenset[Operand] = frozenset()
    may_be_missing: bool = False


class AbstractCase(NamedTuple):
    """Possible values of a field in events that meet a conjunction; None means no value."""

    clause: Conjunction
    values: ValueSet | None


Cases: TypeAlias = "tuple[AbstractCase, ...]"

_INT64_MAX: Final = (1 << 63) - 1
_UINT32_MAX: Final = (1 << 32) - 1
_ANY: Final = ValueSet(may_be_missing=True)
_NONE: Final[Cases] = (AbstractCase(TOP, None),)


def can_be_true(values: ValueSet | None, check: CompiledCheck) -> bool:
    """Return whether a check can be true for one of the values."""
    if values is None:
        return False
    if not _is_simple(check):
        return True
    if values.few is not None:
        return any(compare(value, check.op, check.operand) is not False for value in values.few)
    if values.low is not None and values.high is not None:
        return _range_can_be_true(values.low, values.high, check.op, check.operand)
    return check.op not in {"eq", "in"} or not values.never.issuperset(check.operand)


def can_be_false(values: ValueSet | None, check: CompiledCheck) -> bool:
    """Return whether a check can be false for one of the values, or because the value is missing."""
    if values is None or values.may_be_missing or not _is_simple(check):
        return True
    if check.op == "exists":
        return False
    if values.few is not None:
        return any(compare(value, check.op, check.operand) is not True for value in values.few)
    if values.low is not None and values.high is not None:
        opposite = _OPPOSITE.get(check.op)
        return opposite is None or _range_can_be_true(values.low, values.high, opposite, check.operand)
    return True


def _is_simple(check: CompiledCheck) -> bool:
    """Return whether a check compares plain values; for unsigned fields, negative constants are large numbers."""
    if check.modifier is not None or check.right is not None:
        return False
    is_uint = isinstance(check.left, Read) and check.left.ref.type.kind == "uint"
    return not (is_uint and any(isinstance(value, int) and value < 0 for value in check.operand))


_OPPOSITE: Final = MappingProxyType({"eq": "ne", "ne": "eq", "lt": "ge", "le": "gt", "gt": "le", "ge": "lt"})


def _range_can_be_true(low: int, high: int, op: str, operand: tuple[Operand, ...]) -> bool:
    """Return whether a comparison can be true for a number of a range."""
    numbers = [value for value in operand if isinstance(value, int)]
    if len(numbers) < len(operand) or not numbers:
        return True
    match op:
        case "eq" | "in":
            return any(low <= number <= high for number in numbers)
        case "ne":
            return not low == high == numbers[0]
        case "lt" | "le":
            return compare(low, op, (numbers[0],)) is not False
        case "gt" | "ge":
            return compare(high, op, (numbers[0],)) is not False
        case _:
            return True


def cases_of(read: Read, traits: EventTraits) -> Cases | None:
    """Return the cases of a field in events with these traits; None if nothing is known."""
    row = FIELD_BY_NAME[read.field]
    if not row.is_read:
        return _NONE
    known = _CASES.get(read.field)
    if known is not None:
        return known(traits)
    if read.field.startswith("fd."):
        return _of_descriptor(read.field, traits)
    if read.field.startswith("fs.path."):
        return None if traits.fs in {"name", "ends"} and _has_fs(read.field, traits) else _NONE
    if read.field.startswith("evt.buflen"):
        return _moved(traits)
    if read.field == "evt.rawarg":
        return _raw_param(read, traits)
    return None


# -- the parts of a clause -------------------------------------------------------------------------------------------


def _clause(must: int, must_not: int) -> Conjunction:
    clause = closed(Conjunction(must, must_not))
    assert clause is not None
    return clause


def _is(*atoms: Atom) -> Conjunction:
    return _clause(mask(*atoms), 0)


def _is_not(*atoms: Atom) -> Conjunction:
    return _clause(0, mask(*atoms))


def _few(*values: Operand, may_be_missing: bool = False) -> ValueSet:
    return ValueSet(few=frozenset(values), may_be_missing=may_be_missing)


def _flag(atom: Atom) -> Cases:
    return (AbstractCase(_is(atom), _few(1)), AbstractCase(_is_not(atom), _few(0)))


def _constant(value: Operand) -> Cases:
    return (AbstractCase(TOP, _few(value)),)


# -- the result ------------------------------------------------------------------------------------------------------


def _by_result(traits: EventTraits, good: ValueSet, bad: ValueSet) -> Cases | None:
    """Return the cases of a field whose value depends on the result."""
    if traits.result is None:
        return _NONE
    return (AbstractCase(_is(Atom.OK), good), AbstractCase(_is_not(Atom.OK), bad)) if traits.result else None


def _failed(traits: EventTraits) -> Cases | None:
    return _by_result(traits, _few(0), _few(1))


def _res(traits: EventTraits) -> Cases | None:
    return _by_result(traits, _few(b"SUCCESS"), ValueSet(never=frozenset({b"SUCCESS"}), may_be_missing=True))


def _rawres(traits: EventTraits) -> Cases | None:
    return _by_result(traits, ValueSet(low=0, high=_INT64_MAX), ValueSet(low=-_INT64_MAX - 1, high=-1))


def _raw_param(read: Read, traits: EventTraits) -> Cases | None:
    """Return the cases of a param that is the result; the param may be absent."""
    if not traits.result or not traits.is_signed or read.arg != traits.result or read.ref.type.kind != "int":
        return None
    good = ValueSet(low=0, high=_INT64_MAX, may_be_missing=True)
    return _by_result(traits, good, ValueSet(low=-_INT64_MAX - 1, high=-1, may_be_missing=True))


def _number(traits: EventTraits) -> Cases | None:
    if not traits.has_fd:
        return _NONE
    if not traits.fd_is_result or not traits.result:
        return None
    return _by_result(traits, ValueSet(low=0, high=_INT64_MAX, may_be_missing=True), _few(-1, may_be_missing=True))


# -- opening ---------------------------------------------------------------------------------------------------------


def _open_flag(atom: Atom) -> Callable[[EventTraits], Cases]:
    cases, never = _flag(atom), _constant(0)
    return lambda traits: cases if traits.has_flags and not traits.is_creat else never


def _open_exec(traits: EventTraits) -> Cases:
    if not traits.has_flags:
        return _constant(0)
    return (AbstractCase(_is(Atom.OPEN_EXEC), _few(0, 1)), AbstractCase(_is_not(Atom.OPEN_EXEC), _few(0)))


def _open_create(traits: EventTraits) -> Cases | None:
    return None if traits.has_flags and not traits.is_creat else _constant(0)


# -- the descriptor --------------------------------------------------------------------------------------------------

_TYPES: Final = (Atom.FD_FILE, Atom.FD_DIRECTORY, Atom.FD_IPV4, Atom.FD_IPV6, Atom.FD_UNIX, Atom.FD_FIFO)
_NO_SOCKET: Final = (Atom.FD_FILE, Atom.FD_DIRECTORY, Atom.FD_UNIX, Atom.FD_FIFO)
_SOCKET: Final = _clause(Atom.FD_KNOWN.bit, mask(*_NO_SOCKET))


def _by_type(*values: ValueSet | None) -> Callable[[EventTraits], Cases | None]:
    """Return a function for the cases of a field whose value depends on the descriptor's type, or on a failed open.

    Args:
        values: for each of ``_TYPES``; then for an open that failed.
    """
    of_types = tuple(AbstractCase(_is(atom), known) for atom, known in zip(_TYPES, values[:-1], strict=True))
    others = AbstractCase(_is_not(*_TYPES), _ANY)
    is_failed = AbstractCase(_is_not(Atom.OK), values[-1])
    opened = (
        AbstractCase(_clause(Atom.OK.bit, Atom.OPEN_DIRECTORY.bit), values[0]),
        AbstractCase(_is(Atom.OK, Atom.OPEN_DIRECTORY), values[1]),
        is_failed,
    )
    created = (AbstractCase(_is(Atom.OK), values[0]), is_failed)

    def cases(traits: EventTraits) -> Cases | None:
        if not traits.has_fd:
            return _NONE
        if traits.opens:
            return created if traits.is_creat else opened
        return (*of_types, others) if traits.has_file else None

    return cases


def _l4proto(traits: EventTraits) -> Cases | None:
    if not traits.has_fd:
        return _NONE
    if not traits.has_file:
        return None
    return (
        AbstractCase(_is(Atom.L4_TCP), _few(b"tcp", b"<NA>", may_be_missing=True)),
        AbstractCase(_is(Atom.L4_UDP), _few(b"udp", b"<NA>", may_be_missing=True)),
        AbstractCase(
            _is_not(Atom.L4_TCP, Atom.L4_UDP), ValueSet(never=frozenset({b"tcp", b"udp"}), may_be_missing=True)
        ),
    )


# Fields that have a value only if the file of the descriptor is known.
_OF_FILE: Final = frozenset({
    "fd.dev", "fd.dev.major", "fd.dev.minor", "fd.ino", "fd.is_upper_layer", "fd.is_lower_layer", "fd.name_changed",
    "fd.connected", "fd.is_server",
})  # fmt: skip


@cache
def _is_end(field: str) -> bool:
    """Return whether a field is about an endpoint of a connection."""
    return FIELD_BY_NAME[field].module == "fd_addr"


def _of_descriptor(field: str, traits: EventTraits) -> Cases | None:
    """Return the cases of other descriptor fields, which state only whether the field has a value."""
    if not traits.has_fd or field == "fd.types":
        return _NONE
    if field == "fd.nameraw":
        return None if traits.opens else _NONE
    is_end = _is_end(field)
    if not is_end and field not in _OF_FILE:
        return None
    if not traits.has_file:
        return _NONE
    if is_end:
        return (
            AbstractCase(_SOCKET, _ANY),
            *(AbstractCase(_is(atom), None) for atom in _NO_SOCKET),
            AbstractCase(_is_not(Atom.FD_KNOWN), None),
        )
    return (AbstractCase(_is(Atom.FD_KNOWN), _ANY), AbstractCase(_is_not(Atom.FD_KNOWN), None))


def _moved(traits: EventTraits) -> Cases | None:
    """Return the cases of transferred bytes: present for successful calls on a known descriptor."""
    if not traits.has_file or traits.result is None or not traits.category.startswith("io_"):
        return _NONE
    if not traits.result:
        return (AbstractCase(_is(Atom.FD_KNOWN), _ANY), AbstractCase(_is_not(Atom.FD_KNOWN), None))
    return (
        AbstractCase(_is(Atom.OK, Atom.FD_KNOWN), _ANY),
        AbstractCase(_is_not(Atom.OK), None),
        AbstractCase(_is_not(Atom.FD_KNOWN), None),
    )


def _has_fs(field: str, traits: EventTraits) -> bool:
    return field.startswith("fs.path.name") == (traits.fs == "name")


# -- user, container, and traits of the event type ---------------------------------------------------------------------


def _uid(_traits: EventTraits) -> Cases:
    return (AbstractCase(_is(Atom.ROOT), _few(0)), AbstractCase(_is_not(Atom.ROOT), ValueSet(low=1, high=_UINT32_MAX)))


def _in_container(on_host: Operand) -> Callable[[EventTraits], Cases]:
    """Return a function for the cases of a field with a fixed value on the host and another in each container."""
    cases = (AbstractCase(_is(Atom.HOST), _few(on_host)), AbstractCase(_is_not(Atom.HOST), _ANY))
    return lambda _: cases


# User space never reports a container with the id "host" to the probe.
_CONTAINER: Final = (
    AbstractCase(_is(Atom.HOST), _few(b"host")),
    AbstractCase(_is_not(Atom.HOST), ValueSet(never=frozenset({b"host"}), may_be_missing=True)),
)


def _category(traits: EventTraits) -> Cases | None:
    if traits.category.startswith("io_"):
        return None
    return _constant(b"IPC" if traits.category == "ipc" else traits.category.encode())


_CASES: Final = MappingProxyType({
    "evt.failed": _failed,
    "evt.res": _res,
    "evt.rawres": _rawres,
    "evt.is_open_read": _open_flag(Atom.OPEN_READ),
    "evt.is_open_write": _open_flag(Atom.OPEN_WRITE),
    "evt.is_open_exec": _open_exec,
    "evt.is_open_create": _open_create,
    "evt.is_io": lambda traits: _constant(int(traits.reads or traits.writes)),
    "evt.is_io_read": lambda traits: _constant(int(traits.reads)),
    "evt.is_io_write": lambda traits: _constant(int(traits.writes)),
    "evt.io_dir": lambda traits: _constant(b"write" if traits.writes else b"read") if _is_io(traits) else _NONE,
    "evt.is_wait": lambda traits: _constant(int(traits.waits)),
    "evt.is_async": lambda traits: _constant(int(traits.is_meta)),
    "evt.asynctype": lambda traits: None if traits.is_meta else _NONE,
    "evt.source": lambda _: _constant(b"syscall"),
    "evt.category": _category,
    "evt.count": lambda _: _constant(1),
    "fd.num": _number,
    "fd.typechar": _by_type(_few(b"f"), _few(b"d"), _few(b"4"), _few(b"4", b"6"), _few(b"u"), _few(b"p"), _few(b"f")),
    "fd.type": _by_type(
        _few(b"file"), _few(b"directory"), _few(b"ipv4"), _few(b"ipv4", b"ipv6"), _few(b"unix"), _few(b"pipe"), None
    ),
    "fd.sockfamily": _by_type(None, None, _few(b"ip"), _few(b"ip"), _few(b"unix"), None, None),
    "fd.l4proto": _l4proto,
    "user.uid": _uid,
    "container.id": lambda _: _CONTAINER,
    **dict.fromkeys(("container.full_id", "container.name", "container.type"), _in_container(b"host")),
    **dict.fromkeys(
        ("container.privileged", "container.host_pid", "container.host_network", "container.host_ipc"), _in_container(0)
    ),
    **dict.fromkeys(
        (
            "container.image",
            "container.image.digest",
            "container.image.id",
            "container.image.repository",
            "container.image.tag",
            "container.ip",
            "container.labels",
            "container.mounts",
        ),
        _in_container(b""),
    ),
})  # fmt: skip


def _is_io(traits: EventTraits) -> bool:
    return traits.reads or traits.writes

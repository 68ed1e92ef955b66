# SPDX-License-Identifier: Apache-2.0
"""What values fields may have, by the facts that the probe knows.

A field's *cases* are clauses, of which one holds for every event, each with the values that the field may have then.
They are taken from the extractors of the core, as these read records of the live kernel.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from tiercel.compiler.ir.check_logic import compare
from tiercel.compiler.ir.program import Check, Operand, Read
from tiercel.compiler.kernel_filter.atoms import Atom, mask
from tiercel.compiler.kernel_filter.dnf import TOP, Clause, closed
from tiercel.compiler.kernel_filter.event_traits import Shape
from tiercel.frozen import frozen
from tiercel.schema.names import FIELD_BY_NAME

__all__ = ["Case", "cases_of", "may_fail", "may_hold"]


@frozen
class Values:
    """What a field may be: one of ``few``, a number from ``low`` to ``high``, or anything but what is in ``never``.

    Attributes:
        may_be_missing: it may also have no value.
    """

    few: frozenset[Operand] | None = None
    low: int | None = None
    high: int | None = None
    never: frozenset[Operand] = frozenset()
    may_be_missing: bool = False


class Case(NamedTuple):
    """Values that a field may have where a clause holds; None: it has none then."""

    clause: Clause
    values: Values | None


Cases: TypeAlias = "tuple[Case, ...]"

_MOST: Final = (1 << 63) - 1
_MOST_IDS: Final = (1 << 32) - 1
_ANY: Final = Values(may_be_missing=True)
_NONE: Final[Cases] = (Case(TOP, None),)


def may_hold(values: Values | None, check: Check) -> bool:
    """Say whether a check may be true of one of the values."""
    if values is None:
        return False
    if not _is_simple(check):
        return True
    if values.few is not None:
        return any(compare(value, check.op, check.operand) is not False for value in values.few)
    if values.low is not None and values.high is not None:
        return _range_may(values.low, values.high, check.op, check.operand)
    return check.op not in {"eq", "in"} or not values.never.issuperset(check.operand)


def may_fail(values: Values | None, check: Check) -> bool:
    """Say whether a check may be false of one of the values, or for want of one."""
    if values is None or values.may_be_missing or not _is_simple(check):
        return True
    if check.op == "exists":
        return False
    if values.few is not None:
        return any(compare(value, check.op, check.operand) is not True for value in values.few)
    if values.low is not None and values.high is not None:
        opposite = _OPPOSITE.get(check.op)
        return opposite is None or _range_may(values.low, values.high, opposite, check.operand)
    return True


def _is_simple(check: Check) -> bool:
    """Whether values are compared as they are here; the core takes negative numbers for large ones where none are."""
    if check.modifier is not None or check.right is not None:
        return False
    is_uint = isinstance(check.left, Read) and check.left.ref.type.kind == "uint"
    return not (is_uint and any(isinstance(value, int) and value < 0 for value in check.operand))


_OPPOSITE: Final = MappingProxyType({"eq": "ne", "ne": "eq", "lt": "ge", "le": "gt", "gt": "le", "ge": "lt"})


def _range_may(low: int, high: int, op: str, operand: tuple[Operand, ...]) -> bool:
    """Say whether a comparison holds for a number of a range."""
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


def cases_of(read: Read, shape: Shape) -> Cases | None:
    """Return the cases of a field in events of a shape; None where nothing is known."""
    row = FIELD_BY_NAME[read.field]
    if not row.is_read:
        return _NONE
    known = _CASES.get(read.field)
    if known is not None:
        return known(shape)
    if read.field.startswith("fd."):
        return _of_descriptor(read.field, shape)
    if read.field.startswith("fs.path."):
        return None if shape.fs in {"name", "ends"} and _has_fs(read.field, shape) else _NONE
    if read.field.startswith("evt.buflen"):
        return _moved(shape)
    if read.field == "evt.rawarg":
        return _raw_param(read, shape)
    return None


# -- the parts of a clause -------------------------------------------------------------------------------------------


def _clause(must: int, must_not: int) -> Clause:
    clause = closed(Clause(must, must_not))
    assert clause is not None
    return clause


def _is(*atoms: Atom) -> Clause:
    return _clause(mask(*atoms), 0)


def _is_not(*atoms: Atom) -> Clause:
    return _clause(0, mask(*atoms))


def _few(*values: Operand, may_be_missing: bool = False) -> Values:
    return Values(few=frozenset(values), may_be_missing=may_be_missing)


def _flag(atom: Atom) -> Cases:
    return (Case(_is(atom), _few(1)), Case(_is_not(atom), _few(0)))


def _constant(value: Operand) -> Cases:
    return (Case(TOP, _few(value)),)


# -- the result ------------------------------------------------------------------------------------------------------


def _by_result(shape: Shape, good: Values, bad: Values) -> Cases | None:
    """Return the cases of a field that the result decides."""
    if shape.result is None:
        return _NONE
    return (Case(_is(Atom.OK), good), Case(_is_not(Atom.OK), bad)) if shape.result else None


def _failed(shape: Shape) -> Cases | None:
    return _by_result(shape, _few(0), _few(1))


def _res(shape: Shape) -> Cases | None:
    return _by_result(shape, _few(b"SUCCESS"), Values(never=frozenset({b"SUCCESS"}), may_be_missing=True))


def _rawres(shape: Shape) -> Cases | None:
    return _by_result(shape, Values(low=0, high=_MOST), Values(low=-_MOST - 1, high=-1))


def _raw_param(read: Read, shape: Shape) -> Cases | None:
    """A param that is the result: it may be absent."""
    if not shape.result or not shape.is_signed or read.arg != shape.result or read.ref.type.kind != "int":
        return None
    good = Values(low=0, high=_MOST, may_be_missing=True)
    return _by_result(shape, good, Values(low=-_MOST - 1, high=-1, may_be_missing=True))


def _number(shape: Shape) -> Cases | None:
    if not shape.has_fd:
        return _NONE
    if not shape.fd_is_result or not shape.result:
        return None
    return _by_result(shape, Values(low=0, high=_MOST, may_be_missing=True), _few(-1, may_be_missing=True))


# -- opening ---------------------------------------------------------------------------------------------------------


def _open_flag(atom: Atom) -> Callable[[Shape], Cases]:
    cases, never = _flag(atom), _constant(0)
    return lambda shape: cases if shape.has_flags and not shape.creates else never


def _open_exec(shape: Shape) -> Cases:
    if not shape.has_flags:
        return _constant(0)
    return (Case(_is(Atom.OPEN_EXEC), _few(0, 1)), Case(_is_not(Atom.OPEN_EXEC), _few(0)))


def _open_create(shape: Shape) -> Cases | None:
    return None if shape.has_flags and not shape.creates else _constant(0)


# -- the descriptor --------------------------------------------------------------------------------------------------

_TYPES: Final = (Atom.FD_FILE, Atom.FD_DIRECTORY, Atom.FD_IPV4, Atom.FD_IPV6, Atom.FD_UNIX, Atom.FD_FIFO)
_NO_SOCKET: Final = (Atom.FD_FILE, Atom.FD_DIRECTORY, Atom.FD_UNIX, Atom.FD_FIFO)
_SOCKET: Final = _clause(Atom.FD_KNOWN.bit, mask(*_NO_SOCKET))


def _by_type(*values: Values | None) -> Callable[[Shape], Cases | None]:
    """Return a function for the cases of a field that the type of the descriptor decides, and a failed open.

    Args:
        values: for each of ``_TYPES``; then for an open that failed.
    """
    of_types = tuple(Case(_is(atom), known) for atom, known in zip(_TYPES, values[:-1], strict=True))
    others = Case(_is_not(*_TYPES), _ANY)
    is_failed = Case(_is_not(Atom.OK), values[-1])
    opened = (
        Case(_clause(Atom.OK.bit, Atom.OPEN_DIRECTORY.bit), values[0]),
        Case(_is(Atom.OK, Atom.OPEN_DIRECTORY), values[1]),
        is_failed,
    )
    created = (Case(_is(Atom.OK), values[0]), is_failed)

    def cases(shape: Shape) -> Cases | None:
        if not shape.has_fd:
            return _NONE
        if shape.opens:
            return created if shape.creates else opened
        return (*of_types, others) if shape.has_file else None

    return cases


def _l4proto(shape: Shape) -> Cases | None:
    if not shape.has_fd:
        return _NONE
    if not shape.has_file:
        return None
    return (
        Case(_is(Atom.L4_TCP), _few(b"tcp", b"<NA>", may_be_missing=True)),
        Case(_is(Atom.L4_UDP), _few(b"udp", b"<NA>", may_be_missing=True)),
        Case(_is_not(Atom.L4_TCP, Atom.L4_UDP), Values(never=frozenset({b"tcp", b"udp"}), may_be_missing=True)),
    )


# Fields that take the descriptor's file for granted.
_OF_FILE: Final = frozenset({
    "fd.dev", "fd.dev.major", "fd.dev.minor", "fd.ino", "fd.is_upper_layer", "fd.is_lower_layer", "fd.name_changed",
    "fd.connected", "fd.is_server",
})  # fmt: skip


@cache
def _is_end(field: str) -> bool:
    """Whether a field tells of an end of a connection."""
    return FIELD_BY_NAME[field].module == "fd_addr"


def _of_descriptor(field: str, shape: Shape) -> Cases | None:
    """Return the cases of other fields of a descriptor: whether they have a value."""
    if not shape.has_fd or field == "fd.types":
        return _NONE
    if field == "fd.nameraw":
        return None if shape.opens else _NONE
    is_end = _is_end(field)
    if not is_end and field not in _OF_FILE:
        return None
    if not shape.has_file:
        return _NONE
    if is_end:
        return (
            Case(_SOCKET, _ANY),
            *(Case(_is(atom), None) for atom in _NO_SOCKET),
            Case(_is_not(Atom.FD_KNOWN), None),
        )
    return (Case(_is(Atom.FD_KNOWN), _ANY), Case(_is_not(Atom.FD_KNOWN), None))


def _moved(shape: Shape) -> Cases | None:
    """Bytes that were moved: of a call on a known descriptor that did not fail."""
    if not shape.has_file or shape.result is None or not shape.category.startswith("io_"):
        return _NONE
    if not shape.result:
        return (Case(_is(Atom.FD_KNOWN), _ANY), Case(_is_not(Atom.FD_KNOWN), None))
    return (
        Case(_is(Atom.OK, Atom.FD_KNOWN), _ANY),
        Case(_is_not(Atom.OK), None),
        Case(_is_not(Atom.FD_KNOWN), None),
    )


def _has_fs(field: str, shape: Shape) -> bool:
    return field.startswith("fs.path.name") == (shape.fs == "name")


# -- the user, and what the type says ----------------------------------------------------------------------------------


def _uid(_shape: Shape) -> Cases:
    return (Case(_is(Atom.ROOT), _few(0)), Case(_is_not(Atom.ROOT), Values(low=1, high=_MOST_IDS)))


def _in_container(on_host: Operand) -> Callable[[Shape], Cases]:
    """Return a function for the cases of a field that the host has a value of, and each container its own."""
    cases = (Case(_is(Atom.HOST), _few(on_host)), Case(_is_not(Atom.HOST), _ANY))
    return lambda _: cases


# The probe is told nothing of a container with the id "host".
_CONTAINER: Final = (
    Case(_is(Atom.HOST), _few(b"host")),
    Case(_is_not(Atom.HOST), Values(never=frozenset({b"host"}), may_be_missing=True)),
)


def _category(shape: Shape) -> Cases | None:
    if shape.category.startswith("io_"):
        return None
    return _constant(b"IPC" if shape.category == "ipc" else shape.category.encode())


_CASES: Final = MappingProxyType({
    "evt.failed": _failed,
    "evt.res": _res,
    "evt.rawres": _rawres,
    "evt.is_open_read": _open_flag(Atom.OPEN_READ),
    "evt.is_open_write": _open_flag(Atom.OPEN_WRITE),
    "evt.is_open_exec": _open_exec,
    "evt.is_open_create": _open_create,
    "evt.is_io": lambda shape: _constant(int(shape.reads or shape.writes)),
    "evt.is_io_read": lambda shape: _constant(int(shape.reads)),
    "evt.is_io_write": lambda shape: _constant(int(shape.writes)),
    "evt.io_dir": lambda shape: _constant(b"write" if shape.writes else b"read") if _is_io(shape) else _NONE,
    "evt.is_wait": lambda shape: _constant(int(shape.waits)),
    "evt.is_async": lambda shape: _constant(int(shape.is_meta)),
    "evt.asynctype": lambda shape: None if shape.is_meta else _NONE,
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


def _is_io(shape: Shape) -> bool:
    return shape.reads or shape.writes

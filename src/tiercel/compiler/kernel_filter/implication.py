# SPDX-License-Identifier: Apache-2.0
"""What the outcome of a check says about the event, in facts that the probe can decide."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from types import MappingProxyType
from typing import Final, NamedTuple

from tiercel.compiler.ir.program import Check, Read, reads
from tiercel.compiler.kernel_filter.abstract_values import cases_of, may_fail, may_hold
from tiercel.compiler.kernel_filter.atoms import Atom
from tiercel.compiler.kernel_filter.dnf import ANYTHING, NOTHING, Clause, Clauses, Keys, join, meet
from tiercel.compiler.kernel_filter.event_traits import Shape

__all__ = ["Implied", "implied", "keys_of", "ports_of"]


class Implied(NamedTuple):
    """What must be so where a check is true, and where it is false."""

    true: Clauses
    false: Clauses


def implied(check: Check, shape: Shape) -> Implied:
    """Return what the outcome of a check says in events of a shape.

    A check of a missing value is false, so that one that is true says that there are all values that it reads.
    """
    left = check.left
    cases = cases_of(left, shape) if isinstance(left, Read) else None
    if cases is None:
        true, false = _present(left, shape), ANYTHING
    else:
        true = join([(case.clause,) for case in cases if may_hold(case.values, check)])
        false = join([(case.clause,) for case in cases if may_fail(case.values, check)])
    if check.right is not None:
        true = meet(true, _present(check.right, shape))
    if true is NOTHING:
        return Implied(NOTHING, ANYTHING)
    keys = keys_of(check, shape)
    if keys is not None:
        true = meet(true, _named(check, shape, keys))
    ports = ports_of(check, shape)
    if ports is not None:
        true = meet(true, (Clause(0, 0, ports),))
    return Implied(meet(true, _flag_named(check, shape)), false)


def _present(source: object, shape: Shape) -> Clauses:
    """Return what must be so for a source to have a value."""
    result = ANYTHING
    for read in reads(source):
        cases = cases_of(read, shape)
        if cases is not None:
            result = meet(result, join([(case.clause,) for case in cases if case.values is not None]))
    return result


def _flag_named(check: Check, shape: Shape) -> Clauses:
    """Return what must be so where a check finds the name of one flag in the text of the flags of open(2)."""
    if check.left != _FLAGS_TEXT or check.op != "contains" or len(check.operand) != 1 or not shape.has_flags:
        return ANYTHING
    atom = _FLAGS.get(check.operand[0])
    return ANYTHING if atom is None else (Clause(atom.bit, 0),)


_FLAGS_TEXT: Final = Read("evt.arg", "flags")
_FLAGS: Final[MappingProxyType[object, Atom]] = MappingProxyType({
    b"O_CREAT": Atom.OPEN_CREAT,
    b"O_TRUNC": Atom.OPEN_TRUNC,
    b"O_APPEND": Atom.OPEN_APPEND,
    b"O_DIRECTORY": Atom.OPEN_DIRECTORY,
})  # fmt: skip


# -- ports -----------------------------------------------------------------------------------------------------------

_PORTS: Final = frozenset({"fd.port", "fd.cport", "fd.sport", "fd.lport", "fd.rport"})
_MOST_PORTS: Final = 4096
_MOST_PORT: Final = 65535


def ports_of(check: Check, shape: Shape) -> Keys | None:
    """Return demands of which one of the two ports fulfils one where a check is true; None: they may be any.

    Whose the ports are does not matter: the probe looks at both.
    """
    if shape.has_paths or not shape.has_file or check.right is not None or check.modifier is not None:
        return None
    numbers = [value for value in check.operand if isinstance(value, int)]
    if not isinstance(check.left, Read) or check.left.field not in _PORTS or len(numbers) < len(check.operand):
        return None
    match check.op, numbers:
        case (("eq" | "in" | "intersects"), _):
            found: Collection[int] = numbers
        case "lt", [number]:
            found = range(number)
        case "le", [number]:
            found = range(number + 1)
        case "gt", [number]:
            found = range(number + 1, _MOST_PORT + 1)
        case "ge", [number]:
            found = range(number, _MOST_PORT + 1)
        case _:
            return None
    if not 0 < len(found) <= _MOST_PORTS or not all(0 <= number <= _MOST_PORT for number in found):
        return None
    return frozenset(("port", number.to_bytes(2, "big")) for number in found)


# -- paths -----------------------------------------------------------------------------------------------------------


def _named(check: Check, shape: Shape, keys: Keys) -> Clauses:
    """Return what must be so where a check finds a name that fulfils one of some demands."""
    is_of_file = isinstance(check.left, Read) and check.left.field == "fd.filename"
    named = (Clause(0, 0, keys),)
    if is_of_file and shape.opens:
        return meet((Clause(Atom.OK.bit, 0 if shape.creates else Atom.OPEN_DIRECTORY.bit),), named)
    return meet((Clause(Atom.FD_FILE.bit, 0),), named) if is_of_file else named


def keys_of(check: Check, shape: Shape) -> Keys | None:
    """Return demands of which the event's requested path, or its resolved one, fulfils one where a check is true.

    None: there are none, or the path need not fulfil any.
    """
    if not shape.has_paths or not isinstance(check.left, Read) or check.right is not None or not check.operand:
        return None
    keys_of_text = _reader(check.left, shape)
    if keys_of_text is None:
        return None
    found: set[tuple[str, bytes]] = set()
    for text in check.operand:
        made = [keys_of_text(*key) for key in _texts(check.op, text)] if isinstance(text, bytes) else []
        if not made or not all(made):
            return None
        found.update(*made)
    return frozenset(found) or None


_Key = tuple[str, bytes]
_Reader = Callable[[str, bytes], tuple[_Key, ...]]


def _texts(op: str, text: bytes) -> Iterator[_Key]:
    """Yield the demands on a value, of which one is fulfilled where a comparison with one constant is true."""
    match op:
        case "eq" | "in" | "intersects":
            yield "exact", text
        case "startswith" | "endswith" | "contains":
            yield _KINDS[op], text
        case "glob":
            yield from _of_glob(text)
        case "pmatch":
            yield from _of_path(text)


_KINDS: Final = MappingProxyType({"startswith": "prefix", "endswith": "suffix", "contains": "contains"})
_SPECIAL: Final = b"*?[\\"


def _of_glob(pattern: bytes) -> Iterator[_Key]:
    """The text in front of the first special character, or else the one behind the last."""
    start = next((at for at, char in enumerate(pattern) if char in _SPECIAL), len(pattern))
    if start == len(pattern):
        yield "exact", pattern
    elif start > 1:
        yield "prefix", pattern[:start]
    elif pattern.startswith(b"*") and not any(char in pattern[1:] for char in _SPECIAL):
        yield "suffix", pattern[1:]


def _of_path(above: bytes) -> Iterator[_Key]:
    """Directories, components of which may be patterns: the whole components in front of the first of these.

    Absolute ones alone, as all names are.  Names have no doubled slashes.
    """
    if not above.startswith(b"/"):
        return
    plain: list[bytes] = []
    is_whole = True
    for part in above.split(b"/"):
        if any(char in part for char in _SPECIAL):
            is_whole = False
            break
        plain += [part] if part else []
    path = b"".join(b"/" + part for part in plain)
    if path:
        yield "prefix", path + b"/"
    if path and is_whole:
        yield "exact", path


def _reader(read: Read, shape: Shape) -> _Reader | None:
    """Return what a demand on a field means for the whole path: nothing where any path will do; None: other fields."""
    if read.field in {"fd.name", "fd.name_requested", "fd.name_resolved"}:
        return _of_name
    if read.field == "fs.path.name" and shape.opens:
        return _of_name
    if read.field == "evt.arg" and shape.path is not None and read.arg == shape.path:
        return _of_param
    if read.field == "fd.directory":
        return _of_directory
    return _of_filename if read.field == "fd.filename" else None


def _of_name(kind: str, text: bytes) -> tuple[_Key, ...]:
    return ((kind, text),) if text else ()


def _of_param(kind: str, text: bytes) -> tuple[_Key, ...]:
    """A param that could not be read is ``<NA>``."""
    return () if not text or _fits(kind, text, b"<NA>") else ((kind, text),)


def _of_directory(kind: str, text: bytes) -> tuple[_Key, ...]:
    """The directory is the beginning of the path, or all of it, but for ``/`` where there is no other."""
    if _fits(kind, text, b"/"):
        return ()
    if kind == "exact":
        return (("exact", text), ("prefix", text if text.endswith(b"/") else text + b"/"))
    return (("prefix" if kind == "prefix" else "contains", text),)


def _of_filename(kind: str, text: bytes) -> tuple[_Key, ...]:
    """The name in its directory is what follows the last slash, but for ``/`` where there is none."""
    if not text or _fits(kind, text, b"/"):
        return ()
    return ((_OF_END[kind], b"/" + text if kind in {"exact", "prefix"} else text),)


_OF_END: Final = MappingProxyType({"exact": "suffix", "prefix": "contains", "suffix": "suffix", "contains": "contains"})


def _fits(kind: str, text: bytes, value: bytes) -> bool:
    match kind:
        case "exact":
            return text == value
        case "prefix":
            return value.startswith(text)
        case "suffix":
            return value.endswith(text)
        case _:
            return text in value

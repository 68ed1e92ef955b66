# SPDX-License-Identifier: Apache-2.0
"""Facts about an event that follow from the outcome of a check, as far as the probe can test them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from types import MappingProxyType
from typing import Final, NamedTuple

from tiercel.compiler.ir.program import CompiledCheck, Read, reads
from tiercel.compiler.kernel_filter.abstract_values import can_be_false, can_be_true, cases_of
from tiercel.compiler.kernel_filter.atoms import Atom
from tiercel.compiler.kernel_filter.dnf import FALSE, TRUE, Conjunction, Conjunctions, MatchSet, join, meet
from tiercel.compiler.kernel_filter.event_traits import EventTraits

__all__ = ["Implied", "implied", "keys_of", "ports_of"]


class Implied(NamedTuple):
    """Necessary conditions for a true check, and for a false one."""

    true: Conjunctions
    false: Conjunctions


def implied(check: CompiledCheck, traits: EventTraits) -> Implied:
    """Return the implications of a check in events with these traits.

    A check of a missing value is false; a true check implies that all values that it reads are present.
    """
    left = check.left
    cases = cases_of(left, traits) if isinstance(left, Read) else None
    if cases is None:
        true, false = _present(left, traits), TRUE
    else:
        true = join([(case.clause,) for case in cases if can_be_true(case.values, check)])
        false = join([(case.clause,) for case in cases if can_be_false(case.values, check)])
    if check.right is not None:
        true = meet(true, _present(check.right, traits))
    if true is FALSE:
        return Implied(FALSE, TRUE)
    keys = keys_of(check, traits)
    if keys is not None:
        true = meet(true, _named(check, traits, keys))
    ports = ports_of(check, traits)
    if ports is not None:
        true = meet(true, (Conjunction(0, 0, ports),))
    return Implied(meet(true, _flag_named(check, traits)), false)


def _present(source: object, traits: EventTraits) -> Conjunctions:
    """Return a necessary condition for a source to have a value."""
    result = TRUE
    for read in reads(source):
        cases = cases_of(read, traits)
        if cases is not None:
            result = meet(result, join([(case.clause,) for case in cases if case.values is not None]))
    return result


def _flag_named(check: CompiledCheck, traits: EventTraits) -> Conjunctions:
    """Return a necessary condition for a check that searches the flags of open(2) for the name of a flag."""
    if check.left != _FLAGS_TEXT or check.op != "contains" or len(check.operand) != 1 or not traits.has_flags:
        return TRUE
    atom = _FLAGS.get(check.operand[0])
    return TRUE if atom is None else (Conjunction(atom.bit, 0),)


_FLAGS_TEXT: Final = Read("evt.arg", "flags")
_FLAGS: Final[MappingProxyType[object, Atom]] = MappingProxyType({
    b"O_CREAT": Atom.OPEN_CREAT,
    b"O_TRUNC": Atom.OPEN_TRUNC,
    b"O_APPEND": Atom.OPEN_APPEND,
    b"O_DIRECTORY": Atom.OPEN_DIRECTORY,
})  # fmt: skip


# -- ports -----------------------------------------------------------------------------------------------------------

_PORTS: Final = frozenset({"fd.port", "fd.cport", "fd.sport", "fd.lport", "fd.rport"})
_MAX_PORTS: Final = 4096
_MAX_PORT: Final = 65535


def ports_of(check: CompiledCheck, traits: EventTraits) -> MatchSet | None:
    """Return ports, of which the event must have one for the check to be true; None if any port may do.

    The side of the connection does not matter: the probe tests both ports.
    """
    if traits.has_paths or not traits.has_file or check.right is not None or check.modifier is not None:
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
            found = range(number + 1, _MAX_PORT + 1)
        case "ge", [number]:
            found = range(number, _MAX_PORT + 1)
        case _:
            return None
    if not 0 < len(found) <= _MAX_PORTS or not all(0 <= number <= _MAX_PORT for number in found):
        return None
    return frozenset(("port", number.to_bytes(2, "big")) for number in found)


# -- paths -----------------------------------------------------------------------------------------------------------


def _named(check: CompiledCheck, traits: EventTraits, keys: MatchSet) -> Conjunctions:
    """Return a necessary condition for a check that implies a match set for the path."""
    is_of_file = isinstance(check.left, Read) and check.left.field == "fd.filename"
    named = (Conjunction(0, 0, keys),)
    if is_of_file and traits.opens:
        return meet((Conjunction(Atom.OK.bit, 0 if traits.is_creat else Atom.OPEN_DIRECTORY.bit),), named)
    return meet((Conjunction(Atom.FD_FILE.bit, 0),), named) if is_of_file else named


def keys_of(check: CompiledCheck, traits: EventTraits) -> MatchSet | None:
    """Return the match set that a true check implies for the requested or the resolved path of the event.

    None if the check implies nothing about paths.
    """
    if not traits.has_paths or not isinstance(check.left, Read) or check.right is not None or not check.operand:
        return None
    keys_of_text = _reader(check.left, traits)
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
    """Yield patterns, of which a value must match one for a comparison with one constant to be true."""
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
    """Return the literal before the first special character, or otherwise the one after the last."""
    start = next((at for at, char in enumerate(pattern) if char in _SPECIAL), len(pattern))
    if start == len(pattern):
        yield "exact", pattern
    elif start > 1:
        yield "prefix", pattern[:start]
    elif pattern.startswith(b"*") and not any(char in pattern[1:] for char in _SPECIAL):
        yield "suffix", pattern[1:]


def _of_path(above: bytes) -> Iterator[_Key]:
    """Return the whole components before the first one that is a pattern.

    Only absolute paths count, since all names are absolute. Names contain no double slashes.
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


def _reader(read: Read, traits: EventTraits) -> _Reader | None:
    """Return the patterns for the whole path that follow from a pattern for a field; None for other fields."""
    if read.field in {"fd.name", "fd.name_requested", "fd.name_resolved"}:
        return _of_name
    if read.field == "fs.path.name" and traits.opens:
        return _of_name
    if read.field == "evt.arg" and traits.path is not None and read.arg == traits.path:
        return _of_param
    if read.field == "fd.directory":
        return _of_directory
    return _of_filename if read.field == "fd.filename" else None


def _of_name(kind: str, text: bytes) -> tuple[_Key, ...]:
    return ((kind, text),) if text else ()


def _of_param(kind: str, text: bytes) -> tuple[_Key, ...]:
    """Return patterns for a raw param; a param that could not be read is ``<NA>``."""
    return () if not text or _fits(kind, text, b"<NA>") else ((kind, text),)


def _of_directory(kind: str, text: bytes) -> tuple[_Key, ...]:
    """Return patterns for the directory: the path up to the last slash, or ``/``."""
    if _fits(kind, text, b"/"):
        return ()
    if kind == "exact":
        return (("exact", text), ("prefix", text if text.endswith(b"/") else text + b"/"))
    return (("prefix" if kind == "prefix" else "contains", text),)


def _of_filename(kind: str, text: bytes) -> tuple[_Key, ...]:
    """Return patterns for the file name: the text after the last slash, or ``/``."""
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

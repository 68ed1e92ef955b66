# SPDX-License-Identifier: Apache-2.0
"""Background DNS lookups of the names in rules, for ``fd.cip.name`` and similar fields.

As in Falco, names in the rules are looked up, never addresses of events. Lookups repeat in the background, so an event
costs no DNS request, and reverse records of other addresses have no influence.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import threading
from typing import TYPE_CHECKING, Final

from tiercel._core.fields.dns import put_addresses
from tiercel.compiler.ir.program import Program, Read

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["names_in", "watch"]

FIELDS: Final = frozenset(f"fd.{end}.name" for end in ("cip", "sip", "lip", "rip"))

_AGAIN: Final = 60.0  # seconds between two rounds of lookups


def names_in(program: Program) -> set[bytes]:
    """Return the host names that rules compare with."""
    return {
        operand
        for check in program.checks
        if isinstance(check.left, Read) and check.left.field in FIELDS
        for operand in check.operand
        if isinstance(operand, bytes)
    }


def watch(program: Program, *, wait: float = 0.0) -> None:
    """Look the names of a program up from now on; wait up to ``wait`` seconds for the first results."""
    if names := names_in(program):
        _RESOLVER.add(names, wait)


class _Resolver:
    """DNS resolver of the whole process, like the table of the core that it fills."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Reset to no names and no thread, as in the child of a fork."""
        self._changed = threading.Condition()
        self._names: set[bytes] = set()
        self._known: dict[bytes, frozenset[bytes]] = {}
        self._looked_up: set[bytes] = set()
        self._thread: threading.Thread | None = None

    def add(self, names: Iterable[bytes], wait: float) -> None:
        with self._changed:
            self._names.update(names)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="tiercel-resolver", daemon=True)
                self._thread.start()
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._looked_up >= self._names, timeout=wait)

    def _run(self) -> None:
        while True:
            with self._changed:
                names = set(self._names)
            self.look_up(names)
            with self._changed:
                self._looked_up |= names
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._names > self._looked_up, timeout=_AGAIN)

    def look_up(self, names: set[bytes]) -> None:
        """Look all names up, keep the last addresses of names without a response, and update the core's table."""
        for name in names:
            if found := _addresses(name):
                self._known[name] = found
        put_addresses([(name, addr) for name in sorted(self._known) for addr in sorted(self._known[name])])


def _addresses(name: bytes) -> frozenset[bytes]:
    try:
        answers = socket.getaddrinfo(name.decode("ascii"), None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return frozenset()
    found = set()
    for _, _, _, _, where in answers:
        address = ipaddress.ip_address(str(where[0]).partition("%")[0])
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        found.add((mapped or address).packed)
    return frozenset(found)


_RESOLVER = _Resolver()
os.register_at_fork(after_in_child=_RESOLVER.begin)

# SPDX-License-Identifier: Apache-2.0
"""Python access to the thread table of captures, for tests only."""

from typing import Any, Self

class ReplayTable:
    """Threads, descriptors and users of a capture, filled by a test."""

    def __new__(cls, *, capacity: int = 262144) -> Self: ...
    def __len__(self) -> int:
        """Return the number of threads."""

    def add(self, **entry: Any) -> bool:
        """Add a thread of the initial list: ``tid``, ``pid``, ids, numbers, and texts as bytes; False without room."""

    def add_fd(self, **entry: Any) -> None:
        """Add a descriptor of the initial list: ``tid``, ``fd``, ``type``, and the members of that type."""

    def add_user(self, uid: int, gid: int, name: bytes, home: bytes, shell: bytes, *, container: bytes = b"") -> None:
        """Add the name of a user of a container or of the host."""

    def add_group(self, gid: int, name: bytes, *, container: bytes = b"") -> None:
        """Add the name of a group of a container or of the host."""

    def add_interface(self, addr: bytes, mask: bytes) -> None:
        """Add an address of the machine, in 4 or 16 bytes."""

    def open(self) -> None:
        """End the initial lists."""

    def feed(self, code: int, tid: int, ts_ns: int, params: list[bytes]) -> None:
        """Apply an event to the tables; a param without bytes is empty."""

    def event(self) -> dict[str, Any]:
        """Return thread and descriptor of the last event."""

    def thread(self, tid: int) -> dict[str, Any] | None:
        """Return a thread, or None."""

    def group(self, pid: int) -> dict[str, Any] | None:
        """Return the threads of a process, or None."""

    def fd(self, tid: int, num: int) -> dict[str, Any] | None:
        """Return a descriptor of a thread's process, or None."""

    def user(self, uid: int, *, container: bytes = b"") -> bytes | None:
        """Return the name of a user, or None."""

    def stats(self) -> dict[str, int]:
        """Return the counters."""

    def link(self, tid: int) -> None:
        """Link a thread to its group and parent."""

    def kill(self, tid: int) -> None:
        """Mark a thread as ended, without an update of its process."""

    def give_children(self, tid: int, reaper: int | None) -> None:
        """Move the children of a thread to another thread, or unlink them."""

    def remove(self, tid: int) -> None:
        """Remove a thread."""

    def find_reaper(self, tid: int) -> int | None:
        """Return the reaper of a thread's children, or None."""

    def set(
        self,
        tid: int,
        *,
        ptid: int | None = None,
        pgid: int | None = None,
        flags: int | None = None,
        clone_ns: int | None = None,
        uid: int | None = None,
        gid: int | None = None,
        loginuid: int | None = None,
    ) -> None:
        """Set members of a thread."""

    def set_reaper(self, pid: int, is_reaper: bool) -> None:
        """Set whether a process adopts orphans."""

# SPDX-License-Identifier: Apache-2.0
"""File descriptors of a running process, from /proc."""

from __future__ import annotations

import os
import stat
import struct
from collections.abc import Iterator
from typing import Final

from tiercel.capture import scap_blocks as scap
from tiercel.capture.scap_blocks import Fd
from tiercel.schema.conversions import canonical
from tiercel.schema.native import OPEN_FLAGS

__all__ = ["ProcFds"]

_ANONYMOUS: Final = {
    b"[eventfd]": scap.FD_EVENT,
    b"[eventpoll]": scap.FD_EVENTPOLL,
    b"inotify": scap.FD_INOTIFY,
    b"[signalfd]": scap.FD_SIGNALFD,
    b"[timerfd]": scap.FD_TIMERFD,
    b"[io_uring]": scap.FD_IO_URING,
    b"[userfaultfd]": scap.FD_USERFAULTFD,
    b"[pidfd]": scap.FD_PIDFD,
    b"bpf-map": scap.FD_BPF,
    b"bpf-prog": scap.FD_BPF,
    b"bpf-link": scap.FD_BPF,
    b"bpf_iter": scap.FD_BPF,
}
_TCP, _UDP, _RAW = 2, 3, 5
_INET: Final = (("tcp", _TCP), ("udp", _UDP), ("raw", _RAW))

# Description of a socket from the kernel: type, data before the name, name.
_Socket = tuple[int, bytes, bytes]


class ProcFds:
    """Lists of descriptors; the sockets of each network namespace are read once."""

    def __init__(self) -> None:
        self._sockets: dict[int, dict[int, _Socket]] = {}

    def of(self, pid: int) -> list[Fd]:
        """Return the descriptors of a process; an empty list if it is gone or access to it is denied."""
        folder = f"/proc/{pid}/fd"
        try:
            numbers = sorted(int(name) for name in os.listdir(folder))
        except OSError:
            return []
        found = []
        for number in numbers:
            try:
                fd = self._describe(pid, number, os.readlink(os.fsencode(f"{folder}/{number}")))
            except (OSError, ValueError):  # closed meanwhile
                continue
            if fd is not None:
                found.append(fd)
        return found

    def _describe(self, pid: int, number: int, target: bytes) -> Fd | None:
        status = os.stat(f"/proc/{pid}/fd/{number}")
        mode = status.st_mode
        if stat.S_ISSOCK(mode):
            found = self._sockets_of(pid).get(status.st_ino)
            return Fd(number, status.st_ino, found[0], found[2], found[1]) if found is not None else None
        if stat.S_ISFIFO(mode):
            return Fd(number, status.st_ino, scap.FD_FIFO, target)
        if stat.S_ISDIR(mode):
            return Fd(number, status.st_ino, scap.FD_DIRECTORY, target)
        if target.startswith(b"anon_inode:"):
            return Fd(number, status.st_ino, _ANONYMOUS.get(target.partition(b":")[2], scap.FD_UNSUPPORTED))
        if target.startswith(b"/memfd:"):
            return Fd(number, status.st_ino, scap.FD_MEMFD, target.removesuffix(b" (deleted)"))
        flags = canonical(_open_flags(pid, number), OPEN_FLAGS)
        return Fd(number, status.st_ino, scap.FD_FILE_V2, target, open_flags=flags, dev=_encoded(status.st_dev))

    def _sockets_of(self, pid: int) -> dict[int, _Socket]:
        namespace = os.stat(f"/proc/{pid}/ns/net").st_ino
        if namespace not in self._sockets:
            found: dict[int, _Socket] = {}
            for name, protocol in _INET:
                for version in (4, 6):
                    table = f"/proc/{pid}/net/{name}{'6' if version == 6 else ''}"
                    found |= dict(_inet(table, version, protocol))
            found |= dict(_unix(f"/proc/{pid}/net/unix"))
            found |= dict(_netlink(f"/proc/{pid}/net/netlink"))
            self._sockets[namespace] = found
        return self._sockets[namespace]


def _open_flags(pid: int, number: int) -> int:
    with open(f"/proc/{pid}/fdinfo/{number}", "rb") as file:
        for line in file:
            if line.startswith(b"flags:"):
                return int(line.split()[1], 8)
    return 0


def _encoded(dev: int) -> int:
    """Return a device number as the kernel encodes it in 32 bits."""
    major, minor = os.major(dev), os.minor(dev)
    return minor & 0xFF | major << 8 & 0xFFF00 | (minor & 0xFFF00) << 12


def _lines(path: str) -> Iterator[list[bytes]]:
    try:
        with open(path, "rb") as file:
            next(file, None)
            for line in file:
                yield line.rstrip(b"\n").split(None, 7 if path.endswith("unix") else -1)
    except OSError:
        return


def _address(text: bytes) -> tuple[bytes, int]:
    """Parse ``0100007F:1F90``: the words of the address in the byte order of the machine, the port in hex."""
    address, _, port = text.partition(b":")
    words = bytes.fromhex(address.decode())
    return b"".join(words[at : at + 4][::-1] for at in range(0, len(words), 4)), int(port, 16)


def _inet(path: str, version: int, protocol: int) -> Iterator[tuple[int, _Socket]]:
    for words in _lines(path):
        local, local_port = _address(words[1])
        remote, remote_port = _address(words[2])
        if any(remote):
            ends = local + remote + struct.pack("<HHB", local_port, remote_port, protocol)
            yield int(words[9]), (scap.FD_IPV4 if version == 4 else scap.FD_IPV6, ends, b"")
        else:
            kind = scap.FD_IPV4_SERVER if version == 4 else scap.FD_IPV6_SERVER
            yield int(words[9]), (kind, local + struct.pack("<HB", local_port, protocol), b"")


def _unix(path: str) -> Iterator[tuple[int, _Socket]]:
    for words in _lines(path):
        name = words[7] if len(words) > 7 else b""
        pointer = int(words[0].rstrip(b":"), 16)
        yield int(words[6]), (scap.FD_UNIX, struct.pack("<QQ", pointer, 0), name)


def _netlink(path: str) -> Iterator[tuple[int, _Socket]]:
    for words in _lines(path):
        yield int(words[9]), (scap.FD_NETLINK, b"", b"")

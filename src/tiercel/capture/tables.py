# SPDX-License-Identifier: Apache-2.0
"""Decoded initial tables of a capture."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from tiercel.frozen import frozen
from tiercel.schema.fd_types import FD_TYPES

__all__ = [
    "CaptureFd",
    "CaptureGroup",
    "CaptureInterface",
    "CaptureMachine",
    "CaptureTables",
    "CaptureThread",
    "CaptureUser",
]

# Types of descriptors in captures: 0 is unknown, and 16 a file with its device.
_FD_TYPES: Final = {row.number: row.word or row.ident for row in FD_TYPES} | {0: None, 16: "file"}
_L4_PROTOCOLS: Final = MappingProxyType({2: "tcp", 3: "udp", 4: "icmp", 5: "raw"})


@frozen
class CaptureMachine:
    """The recorded machine.

    Attributes:
        num_cpus: number of processors.
        memory_size: bytes of memory.
        max_pid: greatest process id; 0 if unknown.
        hostname: its name.
        boot_ns: time of its start, nanoseconds since 1970 (UTC); 0 if unknown.
        flags: of the writer.
    """

    num_cpus: int
    memory_size: int
    max_pid: int
    hostname: str
    boot_ns: int
    flags: int


@frozen
class CaptureInterface:
    """Address of the machine; addresses are 4 or 16 bytes in network order.

    Attributes:
        link_speed: of the network interface, from the writer; mostly 0.
    """

    name: str
    addr: bytes
    netmask: bytes
    broadcast: bytes
    link_speed: int


@frozen
class CaptureUser:
    """User of the machine."""

    uid: int
    gid: int
    name: str
    home: str
    shell: str


@frozen
class CaptureGroup:
    """Group of the machine."""

    gid: int
    name: str


@frozen
class CaptureThread:
    """Thread at the start of the recording.  Unknown values are 0, or empty, or as stated below.

    Attributes:
        tid, pid, ptid: ids of the thread, its process, and the parent process's thread.
        sid, vpgid: session and process group in its own pid namespace; -1 if unknown.
        pgid: process group; -1 if unknown.
        vtid, vpid: ids of thread and process in its own pid namespace.
        exe: first argument, before ``args``.
        exepath: path of the program.
        env: ``NAME=value``.
        cgroups: ``subsystem=path``.
        root: its root directory.
        fdlimit: limit of its number of descriptors.
        flags: of Falco's thread table (``PPM_CL_*``).
        loginuid: 4294967295 if it is unset or unknown.
        tty: controlling terminal as an encoded device number.
        pidns_start_ns: start time of its pid namespace, nanoseconds since 1970 (UTC).
    """

    tid: int
    pid: int
    ptid: int
    sid: int
    vpgid: int
    pgid: int
    vtid: int
    vpid: int
    comm: str
    exe: str
    exepath: str
    args: tuple[str, ...]
    cwd: str
    env: tuple[str, ...]
    cgroups: tuple[str, ...]
    root: str
    fdlimit: int
    flags: int
    uid: int
    gid: int
    loginuid: int
    tty: int
    vm_size_kb: int
    vm_rss_kb: int
    vm_swap_kb: int
    pf_major: int
    pf_minor: int
    pidns_start_ns: int
    cap_inheritable: int
    cap_permitted: int
    cap_effective: int
    exe_ino: int
    exe_ctime_ns: int
    exe_mtime_ns: int
    exe_writable: bool
    exe_upper_layer: bool
    exe_lower_layer: bool
    exe_from_memfd: bool


@frozen
class CaptureFd:
    """Open descriptor at the start of the recording.

    Attributes:
        tid: thread that has the descriptor.
        type: value of ``fd.type``; None if unknown.
        l4proto: ``tcp``, ``udp``, ``icmp`` or ``raw`` of a network socket, or None.
        sip, sport: source of a connection, or address of a server socket; addresses in network order, else empty.
        dip, dport: destination of a connection.
        source, destination: kernel addresses of a unix socket and its peer.
        open_flags: Falco's numbers of the flags of a file (``PPM_O_*``).
        name: path of a file or unix socket, or the kernel's name of another object.
    """

    tid: int
    fd: int
    ino: int
    type: str | None
    l4proto: str | None
    sip: bytes
    dip: bytes
    sport: int
    dport: int
    source: int
    destination: int
    open_flags: int
    dev: int
    name: str


@dataclass(slots=True)
class CaptureTables:
    """The tables of one section, as far as they have been read."""

    machine: CaptureMachine | None = None
    interfaces: list[CaptureInterface] = field(default_factory=list)
    users: list[CaptureUser] = field(default_factory=list)
    groups: list[CaptureGroup] = field(default_factory=list)
    threads: list[CaptureThread] = field(default_factory=list)
    fds: list[CaptureFd] = field(default_factory=list)

    def add(self, kind: str, entry: dict[str, Any]) -> None:
        """Add an entry from the reader of the core."""
        match kind:
            case "machine":
                self.machine = CaptureMachine(**entry)
            case "interface":
                self.interfaces.append(CaptureInterface(**entry))
            case "user":
                self.users.append(CaptureUser(**entry))
            case "group":
                self.groups.append(CaptureGroup(**entry))
            case "thread":
                self.threads.append(CaptureThread(**entry))
            case _:
                entry["type"] = _FD_TYPES[entry["type"]]
                entry["l4proto"] = _L4_PROTOCOLS.get(entry["l4proto"])
                self.fds.append(CaptureFd(**entry))

# SPDX-License-Identifier: Apache-2.0
"""Initial tables of a capture of the running machine: machine, users, threads, files."""

from __future__ import annotations

import fcntl
import os
import socket
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tiercel._core.live.capture_ring import CaptureRing
from tiercel._core.state.procfs_scan import own_pid_ns
from tiercel.capture import scap_blocks as scap
from tiercel.capture.proc_fds import ProcFds
from tiercel.capture.scap_blocks import Interface, Machine, Thread
from tiercel.schema.flags import CLONE_FLAGS
from tiercel.sources.host_accounts import host_file

__all__ = ["snapshot"]

_HOST_PID_NS: Final = 0xEFFFFFFC  # inode of the first pid namespace, fixed in the kernel
_CLONE: Final = dict(CLONE_FLAGS.rows)
_OF_THREAD: Final = _CLONE["CLONE_THREAD"] | _CLONE["CLONE_FILES"]
_WRITABLE, _UPPER, _MEMFD, _LOWER = 1, 2, 4, 8
_SIOCGIFADDR, _SIOCGIFBRDADDR, _SIOCGIFNETMASK = 0x8915, 0x8919, 0x891B


def snapshot(recorder: CaptureRing, watched: Callable[[Mapping[str, Any]], bool]) -> tuple[int, bytes]:
    """Return a position of the capture ring, and the tables as of this position, for the start of a capture.

    Args:
        recorder: capture ring of the sensor that has the process table.
        watched: returns whether a process is in the scope of the sensor. The tables contain these processes with their
            files, and their ancestors.
    """
    position, boot_ns, processes = recorder.snapshot()
    threads: list[Thread] = []
    files = []
    fds = ProcFds()
    namespace = own_pid_ns()
    members = {process["tgid"] for process in processes if watched(process)}
    for process in _with_ancestors(processes, members):
        pid = _own_number(process, namespace)
        threads += _threads(process, pid, boot_ns)
        if pid and process["tgid"] in members:
            entries = fds.of(pid)
            if entries:
                files.append(scap.fds(process["tgid"], entries))
    blocks = (
        scap.section(),
        scap.machine(_machine(boot_ns)),
        scap.interfaces((*_interfaces4(), *_interfaces6())),
        _users(),
        scap.threads(threads),
        *files,
    )
    return position, b"".join(blocks)


def _with_ancestors(processes: Sequence[Mapping[str, Any]], members: set[int]) -> list[Mapping[str, Any]]:
    by_tgid = {process["tgid"]: process for process in processes}
    kept = set(members)
    for tgid in members:
        process = by_tgid.get(by_tgid[tgid]["ptgid"])
        while process is not None and process["tgid"] not in kept:
            kept.add(process["tgid"])
            process = by_tgid.get(process["ptgid"])
    return [process for process in processes if process["tgid"] in kept]


def _own_number(process: Mapping[str, Any], namespace: int) -> int:
    """Return the pid of a process in this process's /proc; 0 if it is not visible there."""
    if namespace == _HOST_PID_NS:
        return int(process["tgid"])
    return int(process["vpid"]) if process["pid_ns"] == namespace else 0


# --- The machine ------------------------------------------------------------------------------------------------------


def _machine(boot_ns: int) -> Machine:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        max_pid = int(Path("/proc/sys/kernel/pid_max").read_bytes())
    except OSError:
        max_pid = 1 << 22
    return Machine(os.cpu_count() or 1, memory, max_pid, os.fsencode(socket.gethostname()), boot_ns)


def _interfaces4() -> Iterator[Interface]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for _, name in socket.if_nameindex():
            request = struct.pack("16s240x", os.fsencode(name)[:15])
            try:
                found = [
                    fcntl.ioctl(control, number, request)[20:24]
                    for number in (_SIOCGIFADDR, _SIOCGIFNETMASK, _SIOCGIFBRDADDR)
                ]
            except OSError:  # it has no such address
                continue
            yield Interface(os.fsencode(name), *found)


def _interfaces6() -> Iterator[Interface]:
    try:
        lines = Path("/proc/net/if_inet6").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        address, _, bits, _, _, name = line.split()
        mask = ((1 << 128) - (1 << 128 - int(bits, 16))).to_bytes(16, "big")
        yield Interface(os.fsencode(name), bytes.fromhex(address), mask, bytes(16))


def _users() -> bytes:
    people = host_file("passwd").read_if_changed() or {}
    groups = host_file("group").read_if_changed() or {}
    rows = []
    for uid, row in people.items():
        gid = int(row[3]) if len(row) > 3 and row[3].isdigit() else 0
        home, shell = (row[at] if len(row) > at else b"" for at in (5, 6))
        rows.append((uid, gid & 0xFFFF_FFFF, row[0], home, shell))
    return scap.users(rows, ((gid, row[0]) for gid, row in groups.items()))


# --- Threads ----------------------------------------------------------------------------------------------------------


def _threads(process: Mapping[str, Any], pid: int, boot_ns: int) -> Iterator[Thread]:
    """Yield the threads of a process: data of the process table, and from /proc its other threads and directories."""
    tgid, flags = process["tgid"], process["exe_flags"]
    cwd = _target(f"/proc/{pid}/cwd") or process["cwd"] or b""
    common: dict[str, Any] = {
        **{name: process[name] for name in ("sid", "pgid", "vpgid", "uid", "gid", "loginuid", "tty", "fdlimit")},
        **{name: process[name] for name in ("memory", "faults", "caps", "exe_file")},
        **{name: process[name] or b"" for name in ("exe", "exepath")},
        **{name: _ended(process[name]) for name in ("args", "env", "cgroups")},
        "pid": tgid,
        "ptid": process["ptgid"],
        "vpid": process["vpid"] or tgid,
        "cwd": cwd,
        "root": _target(f"/proc/{pid}/root") or b"/",
        "pidns_start_ns": process["pidns_start_ns"] + boot_ns if process["pidns_start_ns"] else boot_ns,
        "exe_writable": bool(flags & _WRITABLE),
        "exe_upper_layer": bool(flags & _UPPER),
        "exe_lower_layer": bool(flags & _LOWER),
        "exe_from_memfd": bool(flags & _MEMFD),
    }
    comm = process["comm"] or b""
    yield Thread(tid=tgid, vtid=process["vpid"] or tgid, comm=comm, **common)
    for tid in _others(pid):
        ids = _ids(pid, tid)
        if ids is not None:
            yield Thread(tid=ids[0], vtid=ids[-1], comm=_comm(pid, tid) or comm, flags=_OF_THREAD, **common)


def _others(pid: int) -> list[int]:
    """Return the threads of a process, except the first."""
    try:
        return sorted(int(name) for name in os.listdir(f"/proc/{pid}/task") if int(name) != pid) if pid else []
    except OSError:
        return []


def _ids(pid: int, tid: int) -> list[int] | None:
    """Return the ids of a thread, from this pid namespace to its own."""
    try:
        for line in Path(f"/proc/{pid}/task/{tid}/status").read_bytes().splitlines():
            if line.startswith(b"NSpid:"):
                return [int(word) for word in line.split()[1:]]
    except OSError:
        return None
    return [tid]


def _comm(pid: int, tid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/task/{tid}/comm").read_bytes().removesuffix(b"\n")
    except OSError:
        return b""


def _target(path: str) -> bytes:
    try:
        return os.readlink(os.fsencode(path))
    except OSError:
        return b""


def _ended(texts: bytes | None) -> bytes:
    """Return texts with a NUL after the last one, too."""
    return texts + b"\0" if texts and texts[-1] else texts or b""

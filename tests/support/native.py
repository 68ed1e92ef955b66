# SPDX-License-Identifier: Apache-2.0
"""Structures and numbers that system calls take and that Python's modules do not name."""

from __future__ import annotations

import ctypes
import os
import socket
import struct
from typing import Any

CLONE_VM, CLONE_FS, CLONE_FILES, CLONE_SIGHAND, CLONE_VFORK = 0x100, 0x200, 0x400, 0x800, 0x4000
CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWPID = 0x20000, 0x4000000, 0x20000000
CLONE_CHILD_SETTID, CLONE_CHILD_CLEARTID = 0x1000000, 0x200000

MS_RDONLY, MS_NOSUID, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE, MS_MGC_VAL = 1, 2, 8, 0x1000, 0x4000, 0x40000, 0xC0ED0000
MNT_DETACH, UMOUNT_NOFOLLOW = 2, 8

AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW, AT_SYMLINK_FOLLOW, AT_REMOVEDIR = 0x1000, 0x100, 0x400, 0x200
AT_NO_AUTOMOUNT = 0x800
RENAME_NOREPLACE, RENAME_EXCHANGE, RENAME_WHITEOUT = 1, 2, 4
RESOLVE_NO_XDEV, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_BENEATH, RESOLVE_IN_ROOT = 1, 2, 4, 8, 16

AT_FDCWD = -100
_HANDLE_ROOM = 128

O_TMPFILE, O_LARGEFILE = os.O_TMPFILE, 0x8000
PR_SET_PDEATHSIG, PR_SET_NAME, PR_GET_NAME, PR_GET_CHILD_SUBREAPER, PR_SET_CHILD_SUBREAPER = 1, 15, 16, 37, 36
PTRACE_SINGLESTEP, PTRACE_SYSCALL = 9, 24
PTRACE_TRACEME, PTRACE_PEEKTEXT, PTRACE_CONT, PTRACE_ATTACH, PTRACE_DETACH, PTRACE_SEIZE = 0, 1, 7, 16, 17, 0x4206
RLIMIT_CORE, RLIMIT_NOFILE = 4, 7
WAIT_ALL = 0x40000000

BPF_MAP_CREATE, BPF_PROG_LOAD = 0, 5


def file_handle(path: str | os.PathLike[str]) -> bytes | None:
    """``struct file_handle`` of a file; None where its file system has none."""
    room = ctypes.create_string_buffer(_HANDLE_ROOM)
    struct.pack_into("=I", room, 0, _HANDLE_ROOM - 8)
    mount = ctypes.c_int()
    libc = ctypes.CDLL(None, use_errno=True)
    failed = libc.name_to_handle_at(AT_FDCWD, os.fsencode(path), room, ctypes.byref(mount), 0)
    return None if failed else room.raw


def open_how(flags: int, mode: int = 0, resolve: int = 0) -> bytes:
    """``struct open_how`` of openat2."""
    return struct.pack("=QQQ", flags, mode, resolve)


def clone_args(flags: int = 0, exit_signal: int = 17) -> bytes:
    """``struct clone_args`` of clone3, in its first form."""
    return struct.pack("=8Q", flags, 0, 0, 0, exit_signal, 0, 0, 0)


def map_attr(kind: int, key_size: int, value_size: int, entries: int) -> bytes:
    """The part of ``union bpf_attr`` that makes a map."""
    return struct.pack("=4I", kind, key_size, value_size, entries)


def rlimit(soft: int, hard: int) -> bytes:
    """``struct rlimit64``."""
    return struct.pack("=QQ", soft, hard)


def sockaddr_in(ip: str, port: int) -> bytes:
    """``struct sockaddr_in``."""
    return struct.pack("=H", socket.AF_INET) + struct.pack(">H", port) + socket.inet_aton(ip) + bytes(8)


def sockaddr_in6(ip: str, port: int) -> bytes:
    """``struct sockaddr_in6``."""
    address = socket.inet_pton(socket.AF_INET6, ip)
    return struct.pack("=H", socket.AF_INET6) + struct.pack(">HI", port, 0) + address + struct.pack("=I", 0)


def sockaddr_un(path: str | os.PathLike[str]) -> bytes:
    """``struct sockaddr_un`` and the NUL after its path; an abstract name starts with a NUL and ends without one."""
    raw = os.fsencode(path)
    return struct.pack("=H", socket.AF_UNIX) + (raw if raw[:1] == b"\0" else raw + b"\0")


def pollfd(fd: int, events: int) -> bytes:
    """``struct pollfd``."""
    return struct.pack("=ihh", fd, events, 0)


def msghdr(iov: list[Any], *, name: bytes | None = None, control: bytes | None = None) -> list[Any]:
    """``struct msghdr`` as an argument of a step; ``iov`` has pairs of a buffer and its size."""
    return [name, len(name or b""), iov, len(iov) // 2, control, len(control or b""), 0]


def mmsghdrs(*messages: list[Any]) -> list[Any]:
    """An array of ``struct mmsghdr``."""
    return [item for message in messages for item in (*message, 0)]


CLONE_ARGS_SIZE = len(clone_args())

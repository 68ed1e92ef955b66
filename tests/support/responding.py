# SPDX-License-Identifier: Apache-2.0
"""Processes and alerts for tests of responses; all of them belong to the test."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator

from tiercel.alerts.alert import Alert, AlertEvent, Layout
from tiercel.response.process import Process
from tiercel.response.procfs import read_stat
from tiercel.rules import Priority


@contextlib.contextmanager
def sleeper(*argv: str, **options: object) -> Iterator[subprocess.Popen[bytes]]:
    """A process that does nothing until it is killed."""
    command = argv or ("sleep", "1000")
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def handle(pid: int) -> Process:
    """The handle of a process that runs now, as an alert of it has it."""
    stat = read_stat(pid)
    assert stat is not None
    start = stat.start_ticks * 10_000_000 + 5
    return Process(pid, start, os.getuid(), time.clock_gettime_ns(time.CLOCK_BOOTTIME))


def alert_of(
    process: Process,
    rule: str = "Test rule",
    priority: Priority = Priority.WARNING,
    tags: tuple[str, ...] = (),
    mount_namespace: int = 0,
    parent: int = 0,
    source: str = "syscall",
) -> Alert:
    """An alert of the live sensor whose event was made by a process."""
    header = {
        "pid": process.pid,
        "ppid": parent,
        "start_ns": process.start_ns,
        "uid": process.uid,
        "boot_ns": process.event_ns,
        "mnt_ns": mount_namespace,
    }
    event = AlertEvent(lambda: {"type": "openat", "params": {}, **header})
    layout = Layout(rule=rule, priority=priority, source=source, tags=tags, segments=("text",), columns=())
    return Alert(layout, (), time_ns=time.time_ns(), hostname="here", event=event, is_live=True)


# Starts a process with a number that another one had, and prints a line once it runs.
_WITH_NUMBER = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
pid = ctypes.c_int(int(sys.argv[1]))
args = (ctypes.c_uint64 * 11)()
args[4] = 17  # exit_signal: SIGCHLD
args[8], args[9] = ctypes.addressof(pid), 1  # set_tid
found = libc.syscall(435, args, ctypes.sizeof(args))
if found == 0:
    os.execvp("sleep", ["sleep", "1000"])
if found < 0:
    sys.exit(f"clone3: {os.strerror(ctypes.get_errno())}")
print(found, flush=True)
sys.stdin.read()
os.kill(found, 9)
os.waitpid(found, 0)
"""


@contextlib.contextmanager
def recycled(pid: int) -> Iterator[None]:
    """Another process gets a number that is free."""
    process = subprocess.Popen(
        [sys.executable, "-c", _WITH_NUMBER, str(pid)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == f"{pid}\n"
        yield
    finally:
        process.communicate()

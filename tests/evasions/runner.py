# SPDX-License-Identifier: Apache-2.0
"""Run programs one after the other, each in a folder of its own, marked by a variable of its environment.

    python runner.py PROGRAM...

It runs in a private mount namespace. Overlays in memory cover the folders that the programs change, so that every
change is undone when it ends, and loopback of a private network namespace is up.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path

VARIABLE = "TIERCEL_EVASION"
COVERED = ("etc", "usr", "var", "root", "home", "tmp", "opt", "srv")
ADDRESS = "192.0.2.1"  # of a network for documentation: no machine has it
SECONDS = 20
BASE = Path("/mnt")  # outside of the folders that are covered

_CLONE_NEWNET = 0x40000000
_SIOCSIFADDR, _SIOCSIFFLAGS = 0x8916, 0x8914
_LIBC = ctypes.CDLL(None, use_errno=True)


def check(result: int) -> None:
    if result:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def cover(base: Path) -> None:
    """Mount an overlay over each folder that the programs change."""
    check(_LIBC.mount(b"tmpfs", str(base).encode(), b"tmpfs", 0, b"size=512m"))
    for name in COVERED:
        folder = Path("/", name)
        upper, work = base / name / "upper", base / name / "work"
        upper.mkdir(parents=True)
        work.mkdir()
        upper.chmod(folder.stat().st_mode & 0o7777)
        options = f"lowerdir={folder},upperdir={upper},workdir={work}"
        check(_LIBC.mount(b"overlay", str(folder).encode(), b"overlay", 0, options.encode()))
    check(_LIBC.mount(b"tmpfs", b"/dev/shm", b"tmpfs", 0, None))


def connect_loopback() -> None:
    """Enter a network namespace in which loopback has ``ADDRESS`` too."""
    check(_LIBC.unshare(_CLONE_NEWNET))
    control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for name, address in ((b"lo", "127.0.0.1"), (b"lo:1", ADDRESS)):
        request = struct.pack("16sH2s4s8x", name, socket.AF_INET, b"", socket.inet_aton(address))
        fcntl.ioctl(control, _SIOCSIFADDR, request)
    fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", 0x41))


def command(program: Path) -> list[str]:
    """Return the command that runs a program of the suite."""
    interpreter = {".py": [sys.executable, "-I", "-S"], ".sh": ["/bin/bash", "-eu"], "": []}[program.suffix]
    return [*interpreter, str(program)]


def run(program: Path, scratch: Path) -> None:
    """Run one program to its end and print its exit status; what it leaves in its process group ends too."""
    folder = scratch / program.stem
    folder.mkdir(parents=True)
    environment = {**os.environ, VARIABLE: program.stem, "ADDRESS": ADDRESS, "PYTHON": sys.executable}
    process = subprocess.Popen(
        command(program), cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    try:
        output, _ = process.communicate(timeout=SECONDS)
        status = str(process.returncode)
    except subprocess.TimeoutExpired:
        output, status = b"", "timeout"
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    print(program.stem, status, output[-300:].decode(errors="replace").replace("\n", " / "), sep="\t", flush=True)


def main(*programs: str) -> None:
    cover(BASE)
    connect_loopback()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    for program in programs:
        run(Path(program), BASE / "run")


if __name__ == "__main__":
    main(*sys.argv[1:])

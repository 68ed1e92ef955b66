# SPDX-License-Identifier: Apache-2.0
"""Runs the command line as a user does: as a program of its own."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

TIMEOUT = 120.0
SUMMARY = re.compile(r"tiercel: \d+ alerts?( \(.+\))?; \d+ events? seen, \d+ filtered in the kernel, \d+ lost\n")
SHADOW_RULE = """
- rule: Shadow opened
  desc: The file of password hashes was opened.
  condition: evt.type in (open, openat, openat2) and fd.name = /etc/shadow
  output: "%proc.cmdline opened %fd.name"
  priority: WARNING
"""


@dataclass(frozen=True)
class Done:
    """The results of a run: exit status, standard output and standard error, its summary apart."""

    status: int
    out: str
    err: str
    summary: str = field(default="", compare=False)

    @property
    def alerts(self) -> list[dict[str, Any]]:
        """Standard output as JSON alerts."""
        return [json.loads(line) for line in self.out.splitlines()]


def command(*args: str | os.PathLike[str]) -> list[str]:
    """The command line of ``tiercel ARGS``."""
    return [sys.executable, "-m", "tiercel", *(os.fspath(arg) for arg in args)]


def start(*args: str | os.PathLike[str], **options: Any) -> subprocess.Popen[str]:
    """Start ``tiercel ARGS``, in a session and process group of its own; after SIGABRT it says where it was."""
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    options["env"] = {**(options.get("env") or os.environ), "PYTHONFAULTHANDLER": "1"}
    return subprocess.Popen(command(*args), text=True, start_new_session=True, **options)


@contextlib.contextmanager
def aborted_if_it_hangs(process: subprocess.Popen[str]) -> Iterator[None]:
    """Turn a timeout into a failure that shows where each thread of the program hangs."""
    try:
        yield
    except subprocess.TimeoutExpired as error:
        process.send_signal(signal.SIGABRT)
        try:
            out, err = process.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        raise AssertionError(f"no end after {error.timeout} s\n{out}\n{err}") from None


def without_summary(err: str) -> tuple[str, str]:
    """Return standard error without the summary of a run, and the summary."""
    lines = err.splitlines(keepends=True)
    found = [line for line in lines if SUMMARY.fullmatch(line)]
    return "".join(line for line in lines if line not in found), "".join(found)


def finish(process: subprocess.Popen[str], text: str | None = None, timeout: float = TIMEOUT) -> Done:
    """Wait for the end of a program that was started."""
    with process, aborted_if_it_hangs(process):
        out, err = process.communicate(text, timeout=timeout)
    return Done(process.returncode, out or "", *without_summary(err or ""))


def first_line(process: subprocess.Popen[str], timeout: float = TIMEOUT) -> str:
    """Return the first line of standard error."""
    assert process.stderr is not None
    with aborted_if_it_hangs(process):
        if not select.select([process.stderr], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired(process.args, timeout)
    return process.stderr.readline()


def tiercel(*args: str | os.PathLike[str], **options: Any) -> Done:
    """Run ``tiercel ARGS`` to its end."""
    return finish(start(*args, **options))


def one_clear_message(done: Done, status: int) -> None:
    """Assert that a run failed as it should: with that status, a message with a code, and no traceback."""
    assert done.status == status, done
    assert done.out == ""
    assert "Traceback" not in done.err
    assert "internal error" not in done.err
    assert done.err.count("error[E") == 1, done.err

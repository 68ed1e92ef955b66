# SPDX-License-Identifier: Apache-2.0
"""Techniques without a program in the suite, and the reason."""

from __future__ import annotations

from typing import Final

NOT_RUN: Final = (
    ("Calls through the x32 interface", "kernels without CONFIG_X86_X32_ABI refuse them"),
    ("Calls of 32-bit programs on arm64", "the suite runs on x86-64"),
    ("A kernel module loaded", "it would change the machine; tests/packaged_rules tries a file that is no module"),
    ("kexec of another kernel", "it would change the machine, and lockdown refuses it; the call fails with an alert"),
    ("Access to another process's memory by a debugger of kernels (/proc/kcore)", "lockdown refuses it"),
    (
        "A second answerer of calls (seccomp notification)",
        "the event names the process that called, not the one that acted",
    ),
    ("truncate(2) of a log or a file in /etc", "the event has no path yet"),
    ("Set-user-ID bit or capability set with fchmodat2 or setxattr", "the events have no mode, name or path yet"),
    (
        "move_mount, fsmount and mount_setattr over a system directory",
        "the events have no path yet; only `mount` is seen",
    ),
    ("An open file received through a socket (SCM_RIGHTS)", "the event of its arrival has no file yet"),
    ("A signal to the sensor or its limits changed", "the event has the number of the target, not its program"),
    (
        "A shell whose pipe ends at a relay or downloader",
        "the other end of a pipe is no field yet; the pipe itself is seen",
    ),
    ("Bursts of harmless commands (discovery)", "they need rules over several events"),
    ("Shell built-ins without effects on files or the network", "they make no system call"),
)

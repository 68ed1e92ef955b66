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
    ("Shell built-ins without effects on files or the network", "they make no system call"),
)

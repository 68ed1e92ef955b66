# SPDX-License-Identifier: Apache-2.0
"""Load generator of ``tiercel bench``: loops of system calls in C."""

def run(
    kind: str,
    count: int = 0,
    *,
    seconds: float = 0.0,
    per_second: int = 0,
    path: str = "",
    marker: str = "",
    every: int = 0,
) -> tuple[int, int]:
    """Make system calls, without the GIL, for ``count`` rounds or ``seconds``, whichever ends first.

    Args:
        kind: kind of round. ``open``: ``openat`` and ``close``. ``getppid``. ``exec``: start a program that ends at
            once (``posix_spawn``, which is ``vfork`` and ``execve``) and wait for it. ``connect``: open a TCP
            connection to a socket of this process, accept and reset it.
        count: maximum number of rounds; 0 for no limit.
        seconds: maximum time; 0 for no limit. The clock is read every few rounds.
        per_second: rounds per second, evenly spread; 0 for the maximum rate.
        path: file to open, which need not exist, or to execute; by default ``/usr/bin/true`` and ``/bin/true``.
        marker: file to open instead in every ``every``-th round.
        every: see ``marker``; 0 for never.

    Returns:
        Number of rounds, and the elapsed nanoseconds.

    Raises:
        ValueError: an unknown kind, or no limit.
        OSError: a call other than ``openat`` failed.
    """

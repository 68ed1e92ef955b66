# SPDX-License-Identifier: Apache-2.0
"""Loops of system calls, as fast as C makes them: the load that ``tiercel bench`` measures a sensor with."""

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
    """Make system calls, without the GIL, until there were ``count`` rounds or ``seconds`` are over.

    Args:
        kind: of a round. ``open``: ``openat`` and ``close``. ``getppid``. ``exec``: a program that ends at once is
            started (``posix_spawn``, which is ``vfork`` and ``execve``) and waited for. ``connect``: a TCP connection
            to a socket of this process, accepted and reset.
        count: rounds, at most; 0 for no limit.
        seconds: time, at most; 0 for no limit. The clock is read every few rounds.
        per_second: rounds per second, evenly spread by waiting in a loop; 0 for as fast as it goes.
        path: what is opened, which need not exist, or executed; by default ``/usr/bin/true`` and ``/bin/true``.
        marker: in every ``every``-th round, open this one instead.
        every: see ``marker``; 0 for never.

    Returns:
        Rounds, and the nanoseconds that they took.

    Raises:
        ValueError: there is no such kind, or neither limit is given.
        OSError: a call failed that may not fail. An ``openat`` may.
    """

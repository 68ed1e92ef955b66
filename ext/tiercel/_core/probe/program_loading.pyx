# SPDX-License-Identifier: Apache-2.0
"""Parallel program loading: distribution to threads, and signal masks."""

from posix.signal cimport sigset_t

from tiercel._core.util.posix cimport SIG_SETMASK, pthread_sigmask, sigfillset

cdef enum:
    MIN_PROGRAMS = 8    # programs per thread below which a thread costs more than it saves


# Verification time of expensive programs, as a multiple of an ordinary program, which takes some 8 ms.
cdef dict VERIFY_COST = {
    "filter_open": 4,
    "lookup_names": 4,
    "sched_exec": 2,
    "sys_exit_wanted": 3,
    "uring_arguments": 2,
    "uring_complete": 6,
}


cdef list split_by_cost(object names, int limit):
    """Distribute programs to up to `limit` threads, so that all take about the same time."""
    cdef list found = [[] for _ in range(max(1, min(limit, len(names) // MIN_PROGRAMS)))]
    cdef list weights = [0] * len(found)
    for name in sorted(names, key=lambda name: -VERIFY_COST.get(name, 1)):
        lightest = weights.index(min(weights))
        weights[lightest] += VERIFY_COST.get(name, 1)
        found[lightest].append(name)
    return found


cdef void block_signals(sigset_t *before) noexcept nogil:
    """Block signals in this thread, and return the previous mask for `restore_signals`.

    A signal aborts the verifier, and libbpf retries only five times. Without this block no program loads if a timer or
    profiler sends signals faster than the verifier runs.
    """
    cdef sigset_t all_signals
    sigfillset(&all_signals)
    pthread_sigmask(SIG_SETMASK, &all_signals, before)


cdef void restore_signals(const sigset_t *before) noexcept nogil:
    pthread_sigmask(SIG_SETMASK, before, NULL)

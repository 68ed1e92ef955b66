# SPDX-License-Identifier: Apache-2.0
"""What is to be thought of when programs are loaded: who loads which, signals, and the memory that it took."""

from posix.signal cimport sigset_t

from tiercel._core.util.posix cimport SIG_SETMASK, pthread_sigmask, sigfillset

cdef enum:
    LIGHT = 8           # programs that are not worth a thread, which costs as much


# How many ordinary programs those weigh that the kernel takes longest to check: of the others one takes some 8 ms.
cdef dict HEAVY = {
    "filter_open": 4,
    "lookup_names": 4,
    "sched_exec": 2,
    "sys_exit_wanted": 3,
    "uring_arguments": 2,
    "uring_complete": 6,
}


cdef list shares(object names, int most):
    """Programs for up to `most` threads that take about the same time."""
    cdef list found = [[] for _ in range(max(1, min(most, len(names) // LIGHT)))]
    cdef list weights = [0] * len(found)
    for name in sorted(names, key=lambda name: -HEAVY.get(name, 1)):
        lightest = weights.index(min(weights))
        weights[lightest] += HEAVY.get(name, 1)
        found[lightest].append(name)
    return found


cdef void signals_hold(sigset_t *before) noexcept nogil:
    """Have signals wait, or go to other threads: the mask before is for `signals_release`.

    The kernel gives up the check of a program for a signal, and libbpf begins it only five times. So nothing could be
    loaded where a timer or a profiler sends signals more often than a check takes.
    """
    cdef sigset_t all_signals
    sigfillset(&all_signals)
    pthread_sigmask(SIG_SETMASK, &all_signals, before)


cdef void signals_release(const sigset_t *before) noexcept nogil:
    pthread_sigmask(SIG_SETMASK, before, NULL)

# SPDX-License-Identifier: Apache-2.0
"""Run times of threads, from context switches.

The event names the thread that leaves the CPU. Its slice began at the previous switch on the same CPU; the first switch
seen on a CPU yields no time.
"""

from libc.stdlib cimport calloc, free

from tiercel._core.state.container cimport names_clear
from tiercel._core.state.process cimport CPUS_MAX, RunTime
from tiercel._core.util.hashmap cimport intmap_get, intmap_put

cdef enum:
    THREADS_MAX = 65536     # threads with a run time; a full table is cleared


cdef void runtimes_switch(State *state, const Proc *proc, const ev_hdr *hdr) noexcept nogil:
    """Handle a switch; `state.run_ns` is then the run time of the thread."""
    cdef RunTime *sum
    state.run_ns = 0
    if hdr.cpu >= CPUS_MAX:
        return
    if state.switched_ns[hdr.cpu] and hdr.time_ns >= state.switched_ns[hdr.cpu]:
        state.run_ns = hdr.time_ns - state.switched_ns[hdr.cpu]
    state.switched_ns[hdr.cpu] = hdr.time_ns
    if proc is NULL or state.run_ns == 0:
        return
    sum = <RunTime *>intmap_get(&state.run_times, hdr.tid)
    if sum is NULL:
        if state.run_times.count >= THREADS_MAX:
            names_clear(&state.run_times)
        sum = <RunTime *>calloc(1, sizeof(RunTime))
        if sum is NULL or intmap_put(&state.run_times, hdr.tid, sum) < 0:
            free(sum)
            return
    if sum.start_ns != proc.start_ns:
        sum.start_ns = proc.start_ns
        sum.ns = 0
    sum.ns += state.run_ns


cdef uint64_t runtimes_total(const State *state, const Proc *proc, const ev_hdr *hdr) noexcept nogil:
    """Return the total run time of the thread."""
    cdef const RunTime *sum = <const RunTime *>intmap_get(&state.run_times, hdr.tid)
    return sum.ns if sum is not NULL and sum.start_ns == proc.start_ns else 0

# SPDX-License-Identifier: Apache-2.0
"""The process table as a Python object, and for C what keeps it up to date."""

from tiercel._core.lifecycle cimport state_lock, state_unlock, threads_apply
from tiercel._core.procs cimport Proc, State


cdef class ProcessTable:
    cdef State *state

# SPDX-License-Identifier: Apache-2.0
"""Users and groups of containers: which are asked for, and what they are."""

from libc.stdint cimport uint32_t, uint64_t

from tiercel._core.procs cimport Container, Inside, Proc, State


cdef void inside_ask(State *state, const Proc *proc, uint64_t now_ns) noexcept nogil
cdef const Inside *inside_find(const State *state, const Container *container) noexcept nogil
cdef Inside *inside_make(State *state, const char *id, uint32_t length) noexcept nogil
cdef void inside_clear(State *state) noexcept nogil

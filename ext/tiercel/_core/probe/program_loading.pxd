# SPDX-License-Identifier: Apache-2.0
"""What is to be thought of when programs are loaded: who loads which, signals, and the memory that it took."""

from posix.signal cimport sigset_t


cdef list shares(object names, int most)
cdef void signals_hold(sigset_t *before) noexcept nogil
cdef void signals_release(const sigset_t *before) noexcept nogil

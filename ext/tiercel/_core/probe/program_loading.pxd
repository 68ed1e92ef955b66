# SPDX-License-Identifier: Apache-2.0
"""Parallel program loading: distribution to threads, and signal masks."""

from posix.signal cimport sigset_t


cdef list split_by_cost(object names, int limit)
cdef void block_signals(sigset_t *before) noexcept nogil
cdef void restore_signals(const sigset_t *before) noexcept nogil

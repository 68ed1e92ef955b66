# SPDX-License-Identifier: Apache-2.0
"""Trie indexes of prefixes and suffixes."""

from tiercel._core.eval.index cimport Index


cdef int trie_build(Index *index) noexcept nogil
cdef void trie_free(Index *index) noexcept nogil

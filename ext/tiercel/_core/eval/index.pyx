# SPDX-License-Identifier: Apache-2.0
"""Indexes: from one value to the entries that have a fitting key, in a time that does not grow with their number.

A key that fits makes its entries candidates and no more: they are evaluated afterwards.  Each kind of index has a
module; what they share is in `index.pxd`.
"""

from libc.stdlib cimport free

from tiercel._core.eval.index_hash cimport exact_build, exact_free, network_build, network_free
from tiercel._core.eval.index_ngram cimport grams_build, grams_free
from tiercel._core.eval.index_trie cimport trie_build, trie_free


cdef int index_build(Index *index) noexcept nogil:
    """Make the table of an index whose keys, entries and kind are set; -1 without memory.

    Keys of prefixes and paths are in the order of their bytes; those of suffixes are written backwards, and in that
    order.
    """
    if index.kind == INDEX_EXACT:
        return exact_build(index)
    if index.kind == INDEX_NETWORK:
        return network_build(index)
    if index.kind == INDEX_PREFIX or index.kind == INDEX_PATH or index.kind == INDEX_SUFFIX:
        return trie_build(index)
    return grams_build(index)


cdef void index_free(Index *index) noexcept nogil:
    """Give back what was built, with keys and entries; not the texts of keys."""
    if index.table is not NULL:
        if index.kind == INDEX_EXACT:
            exact_free(index)
        elif index.kind == INDEX_NETWORK:
            network_free(index)
        elif index.kind == INDEX_PREFIX or index.kind == INDEX_PATH or index.kind == INDEX_SUFFIX:
            trie_free(index)
        else:
            grams_free(index)
    free(index.keys)
    free(index.first)
    free(index.entries)
    index.table = NULL
    index.keys = NULL
    index.first = index.entries = NULL

# SPDX-License-Identifier: Apache-2.0
"""Indexes from a value to the entries with a matching key, in time independent of the number of keys.

A matching key makes its entries candidates, which are evaluated afterwards.  Each kind of index has a module;
`index.pxd` has the shared parts.
"""

from libc.stdlib cimport free

from tiercel._core.eval.index_hash cimport exact_build, exact_free, network_build, network_free
from tiercel._core.eval.index_ngram cimport grams_build, grams_free
from tiercel._core.eval.index_trie cimport trie_build, trie_free


cdef int index_build(Index *index) noexcept nogil:
    """Build the table of an index with its keys, entries and kind set; return -1 without memory.

    Keys of prefixes and paths are sorted by their bytes.  Keys of suffixes are reversed, and sorted then.
    """
    if index.kind == INDEX_EXACT:
        return exact_build(index)
    if index.kind == INDEX_NETWORK:
        return network_build(index)
    if index.kind == INDEX_PREFIX or index.kind == INDEX_PATH or index.kind == INDEX_SUFFIX:
        return trie_build(index)
    return grams_build(index)


cdef void index_free(Index *index) noexcept nogil:
    """Free the table, keys and entries; not the texts of keys."""
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

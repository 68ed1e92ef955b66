# SPDX-License-Identifier: Apache-2.0
"""Indexes from a value to the entries with a matching key, in time independent of the number of keys."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

from tiercel._core.values.value cimport Marks, Value


cdef enum:
    INDEX_EXACT = 0         # the value equals the key
    INDEX_PREFIX = 1        # the value starts with the key
    INDEX_SUFFIX = 2        # the value ends with the key
    INDEX_SUBSTRING = 3     # the value contains the key
    INDEX_ISUBSTRING = 4    # the value contains the key, ignoring the case of ASCII letters
    INDEX_PATH = 5          # the value starts with the key; repeated slashes count as one
    INDEX_NETWORK = 6       # the address is in the network

ctypedef void (*index_fn)(const Index *index, const Value *value, Marks *marks) noexcept nogil

# Distinct keys of one kind, in the order that `index_build` requires, and their entries.
cdef struct Index:
    index_fn find
    void *table             # data structure of the kind
    Value *keys
    uint32_t *first         # start of a key's entries, by key, and one more
    uint32_t *entries
    uint32_t count
    uint8_t kind            # INDEX_*

cdef extern from *:
    int ctz "__builtin_ctzll"(unsigned long long) noexcept nogil

cdef inline void mark(Marks *marks, uint32_t entry) noexcept nogil:
    marks.words[entry >> 6] |= <uint64_t>1 << (entry & 63)
    marks.groups[entry >> 12] |= <uint64_t>1 << (entry >> 6 & 63)

cdef inline void index_hit(const Index *index, uint32_t key, Marks *marks) noexcept nogil:
    """Mark the entries of a key."""
    cdef uint32_t i
    for i in range(index.first[key], index.first[key + 1]):
        mark(marks, index.entries[i])

cdef inline uint32_t marks_take(Marks *marks, uint32_t ngroups, uint32_t none) noexcept nogil:
    """Remove and return the first marked entry; `none` if no entry is marked."""
    cdef uint32_t group, word
    cdef uint64_t bits
    for group in range(ngroups):
        if marks.groups[group]:
            word = group << 6 | <uint32_t>ctz(marks.groups[group])
            bits = marks.words[word]
            marks.words[word] = bits & (bits - 1)
            if marks.words[word] == 0:
                marks.groups[group] &= marks.groups[group] - 1
            return word << 6 | <uint32_t>ctz(bits)
    return none

cdef int index_build(Index *index) noexcept nogil
cdef void index_free(Index *index) noexcept nogil

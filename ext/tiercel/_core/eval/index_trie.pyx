# SPDX-License-Identifier: Apache-2.0
"""Trie indexes of prefixes and suffixes, with compressed edges.

A walk takes one step per branching node; most values leave the trie at the first step.  One hash table has all edges,
by node and next byte, so the memory of a node is proportional to its edges.  A trie of suffixes has reversed keys, and
the walk starts at the end of the text.
"""

from libc.stdint cimport int32_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc

from tiercel._core.eval.index cimport INDEX_PATH, INDEX_SUFFIX, Index, index_hit
from tiercel._core.values.value cimport Marks, Value

cdef enum:
    NO_KEY = 0xffff_ffff

cdef struct Node:
    const uint8_t *label    # bytes that lead here, without the first byte, which the edge has
    uint32_t length
    uint32_t key            # the key that ends here, or NO_KEY
    bint is_leaf

# A cell is an edge: node and byte in the upper half, target node in the lower half. 0: free, no edge targets the root.
cdef struct Trie:
    Node *nodes
    uint64_t *cells
    uint32_t mask           # cells minus one
    uint32_t count          # nodes

# A range of keys with a common prefix, whose node does not exist yet.
cdef struct Span:
    uint32_t first
    uint32_t last
    uint32_t depth          # length of the parent's prefix
    uint32_t above


cdef inline uint32_t _cell(uint32_t edge, uint32_t mask) noexcept nogil:
    return <uint32_t>((edge * <uint64_t>0x9E3779B97F4A7C15) >> 32) & mask


cdef inline uint32_t _child(const Trie *trie, uint32_t node, uint8_t byte) noexcept nogil:
    """Return the target node of an edge; 0 if there is no such edge."""
    cdef uint32_t edge = node << 8 | byte
    cdef uint32_t at = _cell(edge, trie.mask)
    while trie.cells[at]:
        if trie.cells[at] >> 32 == edge:
            return <uint32_t>trie.cells[at]
        at = (at + 1) & trie.mask
    return 0


# The rest of a text, read in steps of 1 or -1.
cdef struct Rest:
    const uint8_t *at
    uint32_t length
    int32_t step
    bint is_path


cdef inline uint8_t _take(Rest *rest) noexcept nogil:
    """Consume the next byte of a text that is not empty; in a path, consume repeated slashes at once."""
    cdef uint8_t byte = rest.at[0]
    rest.at += rest.step
    rest.length -= 1
    while rest.is_path and byte == b'/' and rest.length and rest.at[0] == b'/':
        rest.at += 1
        rest.length -= 1
    return byte


cdef inline void _walk(const Index *index, Rest rest, Marks *marks) noexcept nogil:
    """Mark the entries of all keys that are prefixes of a text."""
    cdef const Trie *trie = <const Trie *>index.table
    cdef const Node *node = trie.nodes
    cdef uint32_t at = 0, i
    while True:
        if node.key != NO_KEY:
            index_hit(index, node.key, marks)
        if node.is_leaf or rest.length == 0:
            return
        at = _child(trie, at, _take(&rest))
        if at == 0:
            return
        node = &trie.nodes[at]
        if node.length > rest.length:
            return
        for i in range(node.length):
            if rest.length == 0 or _take(&rest) != node.label[i]:
                return


cdef void _prefix_find(const Index *index, const Value *value, Marks *marks) noexcept nogil:
    _walk(index, Rest(value.text.ptr, value.text.len, 1, 0), marks)


cdef void _path_find(const Index *index, const Value *value, Marks *marks) noexcept nogil:
    _walk(index, Rest(value.text.ptr, value.text.len, 1, 1), marks)


cdef void _suffix_find(const Index *index, const Value *value, Marks *marks) noexcept nogil:
    _walk(index, Rest(value.text.ptr + value.text.len - 1, value.text.len, -1, 0), marks)


# --- Building ---------------------------------------------------------------------------------------------------------

cdef uint32_t _common(const Value *a, const Value *b, uint32_t start) noexcept nogil:
    """Return the length of the common prefix of two keys, which is at least `start`."""
    cdef uint32_t shorter = min(a.text.len, b.text.len)
    while start < shorter and a.text.ptr[start] == b.text.ptr[start]:
        start += 1
    return start


cdef void _connect(Trie *trie, uint32_t above, uint8_t byte, uint32_t node) noexcept nogil:
    cdef uint32_t edge = above << 8 | byte
    cdef uint32_t at = _cell(edge, trie.mask)
    while trie.cells[at]:
        at = (at + 1) & trie.mask
    trie.cells[at] = <uint64_t>edge << 32 | node


cdef void _make(Trie *trie, const Value *keys, uint32_t count, Span *waiting) noexcept nogil:
    """Build the nodes of sorted keys; `waiting` has room for twice as many spans."""
    cdef Span span
    cdef Node *node
    cdef uint32_t depth, number, first, nwaiting = 1
    waiting[0] = Span(0, count, 0, 0)
    while nwaiting:
        nwaiting -= 1
        span = waiting[nwaiting]
        number = trie.count
        node = &trie.nodes[number]
        trie.count += 1
        depth = span.depth
        if number:  # only the root has no incoming edge and no label
            depth = _common(&keys[span.first], &keys[span.last - 1], depth + 1)
            node.label = keys[span.first].text.ptr + span.depth + 1
            node.length = depth - span.depth - 1
            _connect(trie, span.above, keys[span.first].text.ptr[span.depth], number)
        node.key = NO_KEY
        if keys[span.first].text.len == depth:
            node.key = span.first
            span.first += 1
        node.is_leaf = span.first == span.last
        while span.first < span.last:
            first = span.first
            while span.first < span.last and keys[span.first].text.ptr[depth] == keys[first].text.ptr[depth]:
                span.first += 1
            waiting[nwaiting] = Span(first, span.first, depth, number)
            nwaiting += 1


cdef int trie_build(Index *index) noexcept nogil:
    """Build the table of keys sorted by their bytes, reversed for suffixes; return -1 without memory."""
    cdef Trie *trie = <Trie *>calloc(1, sizeof(Trie))
    cdef uint32_t cells = 8
    cdef Span *waiting
    index.table = trie
    index.find = _prefix_find
    if index.kind == INDEX_PATH:
        index.find = _path_find
    elif index.kind == INDEX_SUFFIX:
        index.find = _suffix_find
    if trie is NULL:
        return -1
    while cells < 4 * index.count:  # at most two nodes per key, and fewer edges than nodes
        cells *= 2
    trie.mask = cells - 1
    trie.cells = <uint64_t *>calloc(cells, sizeof(uint64_t))
    trie.nodes = <Node *>calloc(2 * <size_t>index.count + 1, sizeof(Node))
    waiting = <Span *>malloc((2 * <size_t>index.count + 1) * sizeof(Span))
    if trie.cells is NULL or trie.nodes is NULL or waiting is NULL:
        free(waiting)
        return -1
    _make(trie, index.keys, index.count, waiting)
    free(waiting)
    return 0


cdef void trie_free(Index *index) noexcept nogil:
    cdef Trie *trie = <Trie *>index.table
    free(trie.nodes)
    free(trie.cells)
    free(trie)

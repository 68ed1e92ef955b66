# SPDX-License-Identifier: Apache-2.0
"""Hash indexes of whole values and of networks.

A text whose length no key has is rejected before hashing.  The network index looks up an address once for each prefix
length that occurs, truncated to that length.
"""

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from tiercel._core.eval.index cimport Index, index_hit
from tiercel._core.values.operand cimport set_find, set_free, set_new
from tiercel._core.values.value cimport Marks, Value, ValueSet
from tiercel._core.wire.events_gen cimport KIND_BYTES, KIND_STR

cdef enum:
    AF_INET = 2
    LENGTHS = 63            # keys of this length or longer share one bit


# --- Whole values -----------------------------------------------------------------------------------------------------

cdef struct Exact:
    ValueSet *set
    uint64_t lengths        # of texts: one bit for each length of a key


cdef inline uint64_t _length(const Value *value) noexcept nogil:
    return <uint64_t>1 << min(value.text.len, <uint32_t>LENGTHS)


cdef inline bint _is_text(const Value *value) noexcept nogil:
    return value.kind == KIND_STR or value.kind == KIND_BYTES


cdef void _exact_find(const Index *index, const Value *value, Marks *marks) noexcept nogil:
    cdef const Exact *exact = <const Exact *>index.table
    cdef uint32_t found
    if _is_text(value) and not exact.lengths & _length(value):
        return
    found = set_find(exact.set, value)
    if found:
        index_hit(index, found - 1, marks)


cdef int exact_build(Index *index) noexcept nogil:
    """Build the table of whole values; return -1 without memory."""
    cdef Exact *exact = <Exact *>calloc(1, sizeof(Exact))
    cdef uint32_t key
    index.table = exact
    index.find = _exact_find
    if exact is NULL:
        return -1
    for key in range(index.count):
        if _is_text(&index.keys[key]):
            exact.lengths |= _length(&index.keys[key])
    exact.set = set_new(index.keys, index.count)
    return 0 if exact.set is not NULL else -1


cdef void exact_free(Index *index) noexcept nogil:
    set_free((<Exact *>index.table).set)
    free(index.table)


# --- Networks ---------------------------------------------------------------------------------------------------------

# Family, prefix length and address, with zeros after the prefix, as the bytes of a value.
cdef enum:
    NETWORK_BYTES = 18

cdef struct Networks:
    ValueSet *set
    Value *items            # by key
    uint8_t *texts          # NETWORK_BYTES each; the items point here
    uint8_t widths[33 + 129]    # 1: the prefix length occurs; first IPv4, then IPv6


cdef inline uint32_t _widths(uint8_t family) noexcept nogil:
    """Index of the first width of a family."""
    return 0 if family == AF_INET else 33


cdef void _network_text(uint8_t *text, const Value *value, uint8_t prefix) noexcept nogil:
    """Write a value's address, truncated to a prefix."""
    cdef uint32_t whole = prefix // 8
    memset(text, 0, NETWORK_BYTES)
    text[0] = value.family
    text[1] = prefix
    memcpy(text + 2, value.addr, whole)
    if prefix % 8:
        text[2 + whole] = value.addr[whole] & <uint8_t>(0xff00 >> prefix % 8)


cdef void _network_find(const Index *index, const Value *value, Marks *marks) noexcept nogil:
    cdef const Networks *networks = <const Networks *>index.table
    cdef const uint8_t *widths = &networks.widths[_widths(value.family)]
    cdef uint8_t text[NETWORK_BYTES]
    cdef Value wanted
    cdef uint32_t found, prefix
    wanted.kind = KIND_BYTES
    wanted.text.ptr = text
    wanted.text.len = NETWORK_BYTES
    for prefix in range(33 if value.family == AF_INET else 129):
        if widths[prefix]:
            _network_text(text, value, <uint8_t>prefix)
            found = set_find(networks.set, &wanted)
            if found:
                index_hit(index, found - 1, marks)


cdef int network_build(Index *index) noexcept nogil:
    """Build the table of networks, values of KIND_NET; return -1 without memory."""
    cdef Networks *networks = <Networks *>calloc(1, sizeof(Networks))
    cdef uint32_t key
    index.table = networks
    index.find = _network_find
    if networks is NULL:
        return -1
    networks.items = <Value *>calloc(index.count + 1, sizeof(Value))
    networks.texts = <uint8_t *>calloc(index.count + 1, NETWORK_BYTES)
    if networks.items is NULL or networks.texts is NULL:
        return -1
    for key in range(index.count):
        networks.items[key].kind = KIND_BYTES
        networks.items[key].text.ptr = networks.texts + key * NETWORK_BYTES
        networks.items[key].text.len = NETWORK_BYTES
        _network_text(networks.texts + key * NETWORK_BYTES, &index.keys[key], index.keys[key].prefix)
        networks.widths[_widths(index.keys[key].family) + index.keys[key].prefix] = 1
    networks.set = set_new(networks.items, index.count)
    return 0 if networks.set is not NULL else -1


cdef void network_free(Index *index) noexcept nogil:
    cdef Networks *networks = <Networks *>index.table
    set_free(networks.set)
    free(networks.items)
    free(networks.texts)
    free(networks)

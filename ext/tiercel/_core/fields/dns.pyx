# SPDX-License-Identifier: Apache-2.0
"""Table of host names that rules compare with, and their addresses.

Python resolves the names and replaces the whole table. Evaluations read the table without a lock: a replaced table is
freed at the next replacement, seconds later.
"""

from libc.stdint cimport uint32_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcmp, memcpy

cdef enum:
    AF_INET = 2
    AF_INET6 = 10

cdef struct DnsRow:
    Slice name
    uint8_t family
    uint8_t addr[16]

# The rows follow the struct, whose size is a multiple of their alignment; the names follow the rows.
cdef struct DnsTable:
    uint64_t count

cdef DnsTable *CURRENT = NULL
cdef DnsTable *REPLACED = NULL


cdef bint dns_name(int family, const uint8_t *addr, int32_t place, Slice *out) noexcept nogil:
    """Return name number `iter` of the address; 0 if there are fewer names."""
    cdef const DnsTable *table = CURRENT
    cdef const DnsRow *row
    cdef uint64_t i
    if table is NULL or place < 0:
        return 0
    row = <const DnsRow *>(table + 1)
    for i in range(table.count):
        if row[i].family == family and memcmp(row[i].addr, addr, 4 if family == AF_INET else 16) == 0:
            if place == 0:
                out[0] = row[i].name
                return 1
            place -= 1
    return 0


def put_addresses(list pairs not None):
    global CURRENT, REPLACED
    cdef size_t size = sizeof(DnsTable) + len(pairs) * sizeof(DnsRow)
    cdef bytes name, addr
    cdef DnsTable *table
    cdef DnsRow *row
    cdef uint8_t *text
    for name, addr in pairs:
        if len(addr) != 4 and len(addr) != 16:
            raise ValueError("an address has 4 or 16 bytes")
        size += len(name)
    table = <DnsTable *>malloc(size)
    if table is NULL:
        raise MemoryError
    table.count = <uint64_t>len(pairs)
    row = <DnsRow *>(table + 1)
    text = <uint8_t *>(row + len(pairs))
    for name, addr in pairs:
        memcpy(text, <const char *>name, len(name))
        memcpy(row.addr, <const char *>addr, len(addr))
        row.family = AF_INET if len(addr) == 4 else AF_INET6
        row.name.ptr = text
        row.name.len = <uint32_t>len(name)
        text += len(name)
        row += 1
    free(REPLACED)
    REPLACED = CURRENT
    CURRENT = table

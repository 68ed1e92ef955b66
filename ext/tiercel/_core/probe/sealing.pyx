# SPDX-License-Identifier: Apache-2.0
"""Tamper detection for the probe's maps.

Any process with CAP_BPF can open a map by its id and write it. The kernel can freeze only maps that user space writes
once. The others are compared with the values that the sensor wrote: globals, program arrays, the filter in use.
Counters of the probe only grow.
"""

import hashlib

cimport cython
from libc.errno cimport errno
from libc.stdint cimport uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcmp, memcpy

from tiercel._core.probe.bpf_object cimport Memory
from tiercel._core.probe.filter_abi cimport filter_bank
from tiercel._core.probe.probe_abi cimport PROBE_SLOTS, STAGE_MAX, probe_config
from tiercel._core.util.errno_table cimport kernel_error


cdef extern from *:
    """
    #include <linux/bpf.h>
    #include <string.h>
    #include <sys/syscall.h>
    #include <unistd.h>

    /* Read one key of a BPF map, or freeze the map; libbpf is only in the loader. */
    static inline int tiercel_map_call(int command, int fd, const void *key, void *value)
    {
        union bpf_attr attr;

        memset(&attr, 0, sizeof(attr));
        attr.map_fd = fd;
        attr.key = (unsigned long)key;
        attr.value = (unsigned long)value;
        return (int)syscall(SYS_bpf, command, &attr, sizeof(attr));
    }
    """
    enum: BPF_MAP_LOOKUP_ELEM
    enum: BPF_MAP_FREEZE
    int tiercel_map_call(int command, int fd, const void *key, void *value) noexcept nogil


# Program arrays with their number of entries.
cdef dict ARRAYS = {"fillers": PROBE_SLOTS, "stages": STAGE_MAX, "uring_stages": 1}


cdef map_freeze(Loader loader, str name):
    """Make a map read-only for system calls of all processes, including this one."""
    if tiercel_map_call(BPF_MAP_FREEZE, loader.map_fd(name), NULL, NULL):
        raise kernel_error("map", errno, f"map {name}", "failed to freeze")


cdef Memory globals_of(Loader loader):
    """Return the mapped section .data."""
    loader.variable("g_cfg", sizeof(probe_config))
    return loader.memory[".data"]


cdef dict program_ids(Loader loader, str array):
    """Return the ids of the programs in a program array, by index."""
    cdef int fd = loader.map_fd(array)
    cdef uint32_t index, number
    cdef dict found = {}
    for index in range(<uint32_t>ARRAYS[array]):
        if tiercel_map_call(BPF_MAP_LOOKUP_ELEM, fd, &index, &number) == 0:
            found[index] = number
    return found


cdef object bank_digest(Loader loader, uint32_t key):
    """Return the digest of a filter bank; None where it cannot be read."""
    cdef filter_bank *bank = <filter_bank *>malloc(sizeof(filter_bank))
    if bank is NULL:
        raise MemoryError
    try:
        if tiercel_map_call(BPF_MAP_LOOKUP_ELEM, loader.map_fd("filter_banks"), &key, bank):
            return None
        return hashlib.blake2b((<const char *>bank)[:sizeof(filter_bank)], digest_size=16).digest()
    finally:
        free(bank)


@cython.final
cdef class Seals:
    cdef take(self, Loader loader):
        """Remember the globals and the program arrays after the sensor changed them."""
        cdef Memory memory = globals_of(loader)
        self.globals = (<const char *>memory.start)[:memory.length]
        self.programs = {array: program_ids(loader, array) for array in ARRAYS}

    cdef take_bank(self, Loader loader, uint32_t key):
        """Remember the bank `key`, which the sensor has just written."""
        self.bank_key = key
        self.bank = bank_digest(loader, key)

    cdef count(self, const probe_stats *total):
        """Compare the counters with the last ones."""
        cdef const uint64_t *now = <const uint64_t *>total
        cdef const uint64_t *before = <const uint64_t *>&self.counted
        cdef size_t i
        for i in range(sizeof(probe_stats) // sizeof(uint64_t)):
            if now[i] < before[i]:
                self.went_back = True
        self.counted = total[0]

    cdef tuple check(self, Loader loader):
        """Return the names of maps that were changed since the last call.

        Globals are restored. A program array cannot be restored. The caller has to fill the filter again.
        """
        cdef list changed = []
        cdef Memory memory
        if self.globals is None:
            return ()
        memory = globals_of(loader)
        if memcmp(memory.start, <const char *>self.globals, memory.length):
            changed.append("globals")
            memcpy(memory.start, <const char *>self.globals, memory.length)
        for array, programs in self.programs.items():
            if program_ids(loader, array) != programs:
                changed.append(array)
        if self.bank is not None and bank_digest(loader, self.bank_key) != self.bank:
            changed.append("filter_banks")
            self.bank = None
        if self.went_back:
            changed.append("stats")
            self.went_back = False
        if changed:
            self.take(loader)
        return tuple(changed)

# SPDX-License-Identifier: Apache-2.0
"""Loader of the BPF object: programs, links, maps and global variables, through libbpf."""

cimport cython
from libc.stdint cimport uint32_t, uint64_t

from tiercel._core.probe.bpf_object cimport BpfObject
from tiercel._core.probe.libbpf cimport bpf_map, btf


@cython.final
cdef class Loader:
    cdef readonly bint loaded
    cdef object image           # bytes of the object file
    cdef BpfObject main         # owns the maps
    cdef dict links             # program name: Link
    cdef dict memory            # map name: Memory
    cdef dict programs          # program name: descriptor, while the loader owns one
    cdef set filled             # programs in a program array
    cdef list made              # other owned descriptors: ring buffers, BTF files
    cdef btf *types             # type information of the kernel
    cdef bytes types_path       # path of the subset of `types` that copies of the object need
    cdef int working            # threads inside libbpf, without the GIL

    cdef load(self, object programs, dict sizes)
    cdef load_programs(self, object names)
    cdef load_more(self, dict slots)
    cdef fill(self, str name, str array, uint32_t index)
    cdef btf *kernel_types(self) except NULL
    cdef bytes part_of_types(self)
    cdef bint is_attached(self, str name)
    cdef set attachable(self, object programs)
    cdef bpf_map *map(self, str name) except NULL
    cdef attach(self, str name)
    cdef detach(self, str name)
    cdef bytes iterate(self, str name)
    cdef dict run_stats(self)
    cdef int map_fd(self, str name) except -1
    cdef int ring_new(self, uint32_t size) except -1
    cdef map_set(self, str stage, str name, const void *key, const void *value)
    cdef map_unset(self, str name, const void *key)
    cdef list map_items(self, str name, size_t key_size, size_t value_size)
    cdef bytes map_get(self, str name, const void *key, size_t size)
    cdef void *constant(self, str name, size_t size) except NULL
    cdef void *variable(self, str name, size_t size) except NULL
    cdef size_t offset_of(self, bytes section, str name, size_t size) except? 0
    cdef close(self)
    cdef after_fork_child(self)

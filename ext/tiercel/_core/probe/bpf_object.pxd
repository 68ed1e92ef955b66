# SPDX-License-Identifier: Apache-2.0
"""One opened copy of the BPF object, its log, and what the kernel keeps for it: links and mapped memory."""

cimport cython

from tiercel._core.probe.libbpf cimport bpf_object, bpf_program, libbpf_log


@cython.final
cdef class Link:
    cdef int fd

    cdef destroy(self)


@cython.final
cdef class Memory:
    cdef void *start
    cdef size_t length

    cdef unmap(self)


@cython.final
cdef class Copy:
    cdef bpf_object *object
    cdef libbpf_log *log

    cdef close(self)
    cdef object failure(self, str stage, int err, str what)
    cdef load(self, object programs)
    cdef share_maps(self, Copy other)
    cdef bpf_program *program(self, str name) except NULL
    cdef dict take_programs(self, object names)

# SPDX-License-Identifier: Apache-2.0
"""Opened BPF object with its libbpf log, and handles of kernel resources: links and mapped memory."""

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
cdef class BpfObject:
    cdef bpf_object *object
    cdef libbpf_log *log

    cdef close(self)
    cdef log_messages(self, bint failed)
    cdef object failure(self, str stage, int err, str what)
    cdef load(self, object programs)
    cdef share_maps(self, BpfObject other)
    cdef bpf_program *program(self, str name) except NULL
    cdef dict dup_programs(self, object names)

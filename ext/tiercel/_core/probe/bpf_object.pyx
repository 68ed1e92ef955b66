# SPDX-License-Identifier: Apache-2.0
"""Opened BPF object with its libbpf log, and handles of kernel resources: links and mapped memory."""

import logging
import os

cimport cython
from libc.errno cimport errno
from libc.stdint cimport uint8_t
from libc.stdlib cimport calloc
from libc.string cimport memset
from posix.mman cimport munmap
from posix.signal cimport sigset_t
from posix.unistd cimport close as close_fd

from tiercel._core.probe.libbpf cimport (
    bpf_map,
    bpf_map__fd,
    bpf_map__reuse_fd,
    bpf_object__close,
    bpf_object__find_program_by_name,
    bpf_object__load,
    bpf_object__next_map,
    bpf_object__next_program,
    bpf_object__open_mem,
    bpf_object_open_opts,
    bpf_program__fd,
    bpf_program__name,
    bpf_program__set_autoload,
    libbpf_log_begin,
    libbpf_log_end,
    libbpf_log_free,
    libbpf_strerror,
)
from tiercel._core.probe.program_loading cimport block_signals, restore_signals
from tiercel._core.util.errno_table cimport kernel_error

cdef enum:
    LIBBPF_ERRNO = 4000     # libbpf's own error numbers start here

cdef object LOGGER = logging.getLogger("tiercel.libbpf")
# Levels of the logger by enum libbpf_print_level.
cdef tuple LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)


cdef str error_text(int err):
    """Return libbpf's text for one of its own error numbers; empty for an errno."""
    cdef char text[256]
    if err < LIBBPF_ERRNO:
        return ""
    libbpf_strerror(err, text, sizeof(text))
    return text.decode("utf-8", "replace")


@cython.final
cdef class Link:
    """Attachment of a program, which lasts as long as its descriptor is open."""

    def __cinit__(self):
        self.fd = -1

    def __dealloc__(self):
        self.destroy()

    cdef destroy(self):
        if self.fd >= 0:
            close_fd(self.fd)
            self.fd = -1


@cython.final
cdef class Memory:
    def __dealloc__(self):
        self.unmap()

    cdef unmap(self):
        if self.start is not NULL:
            munmap(self.start, self.length)
            self.start = NULL


@cython.final
cdef class BpfObject:
    """Copy of the object: opened, then loaded with some of its programs."""

    def __cinit__(self, const uint8_t[::1] image, bytes types=None):
        """Open the object. Its bytes must not move until it is loaded.

        `types` is the path of a BTF file that replaces the kernel's type information.
        """
        cdef bpf_object_open_opts options
        cdef const uint8_t *start = &image[0] if image.shape[0] else NULL
        cdef size_t length = image.shape[0]
        cdef int err
        self.log = <libbpf_log *>calloc(1, sizeof(libbpf_log))
        if self.log is NULL:
            raise MemoryError
        memset(&options, 0, sizeof(options))
        options.sz = sizeof(options)
        options.object_name = b"tiercel"
        if types is not None:
            options.btf_custom_path = types
        self.log.wanted = max((at for at in range(len(LEVELS)) if LOGGER.isEnabledFor(LEVELS[at])), default=-1)
        with nogil:
            libbpf_log_begin(self.log)
            self.object = bpf_object__open_mem(start, length, &options)
            err = errno
            libbpf_log_end()
        self.log_messages(self.object is NULL)
        if self.object is NULL:
            raise self.failure("open", err, "probe.bpf.o")

    def __dealloc__(self):
        self.close()
        libbpf_log_free(self.log)

    cdef close(self):
        if self.object is not NULL:
            bpf_object__close(self.object)
            self.object = NULL

    cdef log_messages(self, bint failed):
        """Pass the kept messages to the logger. After a failure the exception has the others than debug messages."""
        for message in filter(None, self.log.messages[:self.log.messages_used].split(b"\0")):
            level = LEVELS[min(message[0] - 48, len(LEVELS) - 1)]
            if not failed or level == logging.DEBUG:
                for line in message[1:].decode("utf-8", "replace").splitlines():
                    LOGGER.log(level, "%s", line)
        if self.log.messages_lost:
            LOGGER.warning("%d more messages of libbpf did not fit", self.log.messages_lost)

    cdef object failure(self, str stage, int err, str what):
        """Return the exception for a failed call, with the text that libbpf logged."""
        log_text = self.log.text[:self.log.used].decode("utf-8", "replace").rstrip("\0\n")
        own = error_text(err)
        return kernel_error(stage, 0 if own else err, f"{what}: {own}" if own else what, log_text)

    cdef load(self, object programs):
        """Load only the named programs, and the maps."""
        cdef bpf_program *prog = bpf_object__next_program(self.object, NULL)
        cdef sigset_t signals
        cdef int err
        while prog is not NULL:
            bpf_program__set_autoload(prog, bpf_program__name(prog).decode() in programs)
            prog = bpf_object__next_program(self.object, prog)
        with nogil:
            libbpf_log_begin(self.log)
            block_signals(&signals)
            err = bpf_object__load(self.object)
            restore_signals(&signals)
            libbpf_log_end()
        self.log_messages(err != 0)
        if err:
            raise self.failure("load", -err, "probe.bpf.o")

    cdef share_maps(self, BpfObject other):
        """Use the maps of another copy in place of own maps."""
        cdef bpf_map *ours = bpf_object__next_map(self.object, NULL)
        cdef bpf_map *theirs = bpf_object__next_map(other.object, NULL)
        while ours is not NULL and theirs is not NULL:
            if bpf_map__reuse_fd(ours, bpf_map__fd(theirs)):
                raise kernel_error("map", errno, "sharing the maps")
            ours = bpf_object__next_map(self.object, ours)
            theirs = bpf_object__next_map(other.object, theirs)

    cdef bpf_program *program(self, str name) except NULL:
        cdef bpf_program *found = bpf_object__find_program_by_name(self.object, name.encode())
        if found is NULL:
            raise kernel_error("schema", 0, f"there is no program {name}")
        return found

    cdef dict dup_programs(self, object names):
        """Return new descriptors of loaded programs by name. The caller owns them."""
        cdef dict found = {}
        for name in names:
            found[name] = os.dup(bpf_program__fd(self.program(name)))
        return found

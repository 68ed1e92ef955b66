# SPDX-License-Identifier: Apache-2.0
"""Program image of a process: program, arguments, environment."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from tiercel._core.util.arena_text cimport Arena
from tiercel._core.util.slice cimport Slice


# Reference-counted bytes that several processes share.
cdef struct Shared:
    uint32_t refs
    uint32_t len
    uint8_t bytes[1]

# Executable file; 0: not known.
cdef struct ExeFile:
    uint64_t ino
    uint64_t ctime_ns       # Unix time
    uint64_t mtime_ns
    uint64_t older_ns       # captures: from ctime to the start of the process, wraps if the start came first
    uint64_t newer_ns       # captures: from the start of the pid namespace to a later ctime

# Image of one exec. Processes share it across forks; an exec replaces it and never changes it.
# Texts follow the struct in the same allocation. An absent text (ptr NULL) is not known.
cdef struct ExecImage:
    uint32_t refs
    uint32_t flags          # Falco's execve_flags: 1 writable, 2 upper layer, 4 memfd, 8 lower layer
    ExeFile file
    Slice comm
    Slice exe               # argv[0]
    Slice args              # argv[1] and later, NUL between them
    Slice cmdline           # comm and args, a space before each argument
    Slice exepath
    Slice env               # NAME=value, NUL between them
    Slice cwd

# Input of image_new; the slices are borrowed for the call only.
cdef struct ImageParts:
    uint32_t flags
    ExeFile file
    Slice comm
    Slice exe
    Slice args
    Slice args_tail         # end of an argument vector of `args_len` bytes that did not fit `args`
    uint64_t args_len
    Slice exepath
    Slice env
    Slice cwd

cdef ExecImage *image_new(const ImageParts *parts) noexcept nogil
cdef ExecImage *image_shared(ExecImage *known, const ImageParts *parts) noexcept nogil
cdef ExecImage *image_renamed(ExecImage *image, Slice comm) noexcept nogil
cdef ExecImage *image_keep(ExecImage *image) noexcept nogil
cdef void image_drop(ExecImage *image) noexcept nogil

cdef Shared *shared_new(Slice bytes) noexcept nogil
cdef Shared *shared_keep(Shared *shared) noexcept nogil
cdef void shared_drop(Shared *shared) noexcept nogil
cdef Slice shared_slice(const Shared *shared) noexcept nogil

# Getter of one text of an image.
ctypedef Slice (*image_text_fn)(const ExecImage *image) noexcept nogil

cdef Slice image_comm(const ExecImage *image) noexcept nogil
cdef Slice image_exe(const ExecImage *image) noexcept nogil
cdef Slice image_exepath(const ExecImage *image) noexcept nogil
cdef Slice image_cmdline(const ExecImage *image) noexcept nogil
cdef Slice image_args(const ExecImage *image) noexcept nogil
cdef bint next_word(Slice *rest, Slice *out) noexcept nogil
cdef bint image_env(const ExecImage *image, Arena *arena, Slice *out) noexcept nogil
cdef Slice image_variable(const ExecImage *image, Slice name) noexcept nogil

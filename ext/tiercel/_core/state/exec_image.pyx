# SPDX-License-Identifier: Apache-2.0
"""Program image of a process: program, arguments, environment."""

from libc.stdlib cimport free, malloc
from libc.string cimport memchr, memcmp, memcpy, memset

from tiercel._core.util.arena_text cimport Text, text_begin, text_char, text_end, text_slice
from tiercel._core.util.slice cimport slice_ends, slice_equal, slice_none, slice_of, slice_starts

cdef const char *DELETED = b" (deleted)"
cdef const char *GAP = b"..."


# An argument vector in up to three pieces.
cdef struct _Arguments:
    Slice head
    Slice gap
    Slice tail


cdef _Arguments _arguments(const ImageParts *parts) noexcept nogil:
    """Split arguments into head and tail without overlap; three dots stand for missing bytes between them."""
    cdef _Arguments vector
    cdef uint64_t known = <uint64_t>parts.args.len + parts.args_tail.len
    memset(&vector, 0, sizeof(vector))
    vector.head = parts.args
    if parts.args_tail.len == 0:
        return vector
    vector.tail = parts.args_tail
    if known < parts.args_len:
        vector.gap.ptr = <const uint8_t *>GAP
        vector.gap.len = 3
    elif known - parts.args_len < vector.tail.len:
        vector.tail.ptr += known - parts.args_len
        vector.tail.len -= <uint32_t>(known - parts.args_len)
    else:
        vector.tail.len = 0
    return vector


cdef Slice _copied(uint8_t **room, Slice text) noexcept nogil:
    """Copy `text` to `room` and advance it; an absent text stays absent."""
    cdef Slice copy
    copy.ptr = NULL
    copy.len = 0
    if text.ptr is not NULL:
        copy.ptr = room[0]
        copy.len = text.len
        memcpy(room[0], text.ptr, text.len)
        room[0] += text.len
    return copy


cdef void _append(uint8_t **room, Slice *to, Slice text) noexcept nogil:
    """Append to the text that was copied last."""
    if text.len:
        memcpy(room[0], text.ptr, text.len)
        room[0] += text.len
        to.len += text.len


cdef Slice _without_mark(Slice exepath) noexcept nogil:
    """Strip the suffix that the kernel appends to the path of a deleted executable."""
    if slice_ends(exepath, DELETED, 10):
        exepath.len -= 10
    return exepath


cdef ExecImage *image_new(const ImageParts *parts) noexcept nogil:
    """Create an image with one reference; NULL without memory."""
    cdef _Arguments vector = _arguments(parts)
    cdef Slice exepath = parts.exepath, space
    cdef size_t arguments = <size_t>vector.head.len + vector.gap.len + vector.tail.len
    cdef size_t size = (
        sizeof(ExecImage) + 2 * <size_t>parts.comm.len + parts.exe.len + 2 * arguments + 1 + exepath.len + parts.env.len
        + parts.cwd.len
    )
    cdef ExecImage *image = <ExecImage *>malloc(size)
    cdef uint8_t *room
    cdef uint8_t *blank
    if image is NULL:
        return NULL
    memset(image, 0, sizeof(ExecImage))
    image.refs = 1
    image.flags = parts.flags
    image.file = parts.file
    room = <uint8_t *>(image + 1)
    image.comm = _copied(&room, parts.comm)
    image.exe = _copied(&room, parts.exe)
    image.args = _copied(&room, vector.head)
    if image.args.ptr is not NULL:
        _append(&room, &image.args, vector.gap)
        _append(&room, &image.args, vector.tail)
        image.cmdline = _copied(&room, image.comm)
        if image.args.len:
            space.ptr = <const uint8_t *>b" "
            space.len = 1
            _append(&room, &image.cmdline, space)
            _append(&room, &image.cmdline, image.args)
            blank = room - image.args.len
            while True:
                blank = <uint8_t *>memchr(blank, 0, room - blank)
                if blank is NULL:
                    break
                blank[0] = b' '
    image.exepath = _copied(&room, _without_mark(exepath))
    image.env = _copied(&room, parts.env)
    image.cwd = _copied(&room, parts.cwd)
    return image


cdef bint _same(Slice known, Slice text) noexcept nogil:
    """Return true if both are absent or both are equal texts."""
    return (known.ptr is NULL) == (text.ptr is NULL) and slice_equal(known, text)


cdef ExecImage *image_shared(ExecImage *known, const ImageParts *parts) noexcept nogil:
    """Return `known` with one more reference if it equals an image of `parts`; otherwise NULL.  `known` may be NULL."""
    if (
        known is not NULL and known.flags == parts.flags and not memcmp(&known.file, &parts.file, sizeof(ExeFile))
        and _same(known.comm, parts.comm) and _same(known.exe, parts.exe) and _same(known.args, parts.args)
        and _same(known.exepath, _without_mark(parts.exepath)) and _same(known.env, parts.env)
        and _same(known.cwd, parts.cwd)
    ):
        return image_keep(known)
    return NULL


cdef ExecImage *image_renamed(ExecImage *image, Slice comm) noexcept nogil:
    """Return the image under another comm: `image` itself with one more reference if the comm is equal."""
    cdef ImageParts parts
    if slice_equal(image.comm, comm):
        return image_keep(image)
    memset(&parts, 0, sizeof(parts))
    parts.flags = image.flags
    parts.file = image.file
    parts.comm = comm
    parts.exe = image.exe
    parts.args = image.args
    parts.exepath = image.exepath
    parts.env = image.env
    parts.cwd = image.cwd
    return image_new(&parts)


cdef ExecImage *image_keep(ExecImage *image) noexcept nogil:
    image.refs += 1
    return image


cdef void image_drop(ExecImage *image) noexcept nogil:
    if image is NULL:
        return
    image.refs -= 1
    if image.refs == 0:
        free(image)


cdef Shared *shared_new(Slice bytes) noexcept nogil:
    """Copy bytes, with one reference; NULL for absent bytes and without memory."""
    cdef Shared *shared
    if bytes.ptr is NULL:
        return NULL
    shared = <Shared *>malloc(sizeof(Shared) + bytes.len)
    if shared is NULL:
        return NULL
    shared.refs = 1
    shared.len = bytes.len
    if bytes.len:
        memcpy(shared.bytes, bytes.ptr, bytes.len)
    return shared


cdef Shared *shared_keep(Shared *shared) noexcept nogil:
    """Add a reference; NULL stays NULL."""
    if shared is not NULL:
        shared.refs += 1
    return shared


cdef void shared_drop(Shared *shared) noexcept nogil:
    if shared is not NULL:
        shared.refs -= 1
        if shared.refs == 0:
            free(shared)


cdef Slice shared_slice(const Shared *shared) noexcept nogil:
    """Return the bytes; absent for NULL."""
    cdef Slice bytes = slice_none()
    if shared is not NULL:
        bytes.ptr = <const uint8_t *>shared.bytes
        bytes.len = shared.len
    return bytes


cdef Slice image_comm(const ExecImage *image) noexcept nogil:
    return image.comm


cdef Slice image_exe(const ExecImage *image) noexcept nogil:
    return image.exe


cdef Slice image_exepath(const ExecImage *image) noexcept nogil:
    return image.exepath


cdef Slice image_cmdline(const ExecImage *image) noexcept nogil:
    """Return name and arguments; empty without a name, as in Falco."""
    return image.cmdline if image.comm.len else image.comm


cdef Slice image_args(const ExecImage *image) noexcept nogil:
    """Return the arguments separated by spaces: the command line after the comm."""
    cdef Slice args = image.cmdline
    cdef uint32_t skip = image.comm.len + (1 if image.args.len else 0)
    if args.ptr is not NULL:
        args.ptr += skip
        args.len -= skip
    return args


# --- Words between NULs -----------------------------------------------------------------------------------------------

cdef bint next_word(Slice *rest, Slice *out) noexcept nogil:
    """Take the text up to the next NUL from the front of `rest`; 0 at its end and for an absent `rest`."""
    cdef const uint8_t *end
    if rest.ptr is NULL:
        return 0
    end = <const uint8_t *>memchr(rest.ptr, 0, rest.len) if rest.len else NULL
    out.ptr = rest.ptr
    if end is NULL:
        out.len = rest.len
        rest[0] = slice_none()
    else:
        out.len = <uint32_t>(end - rest.ptr)
        rest.ptr += out.len + 1
        rest.len -= out.len + 1
    return 1


cdef bint image_env(const ExecImage *image, Arena *arena, Slice *out) noexcept nogil:
    """Return all variables separated by spaces; 0 if they are not known."""
    cdef Slice rest = image.env, word
    cdef Text text
    cdef bint is_first = 1
    if rest.ptr is NULL:
        return 0
    text_begin(&text, arena)
    while next_word(&rest, &word):
        if not is_first:
            text_char(&text, b' ')
        is_first = 0
        text_slice(&text, word)
    return text_end(&text, out)


cdef Slice image_variable(const ExecImage *image, Slice name) noexcept nogil:
    """Return the value of a variable, trimmed of spaces; empty if the variable is unset or empty."""
    cdef Slice rest = image.env, word
    while next_word(&rest, &word):
        if word.len > name.len + 1 and word.ptr[name.len] == b'=' and slice_starts(word, name):
            word.ptr += name.len + 1
            word.len -= name.len + 1
            while word.len and word.ptr[word.len - 1] == b' ':
                word.len -= 1
            while word.len and word.ptr[0] == b' ':
                word.ptr += 1
                word.len -= 1
            return word
    return slice_of(b"")

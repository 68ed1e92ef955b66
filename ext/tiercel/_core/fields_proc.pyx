# SPDX-License-Identifier: Apache-2.0
"""``proc.*``: the process that the event happened in, and its ancestors.

Each extractor returns 0 where there is no such value. A process met without its exec has a name and ids, but no
program.
"""

from libc.stdint cimport int32_t, uint8_t, uint32_t
from libc.string cimport memchr

from tiercel._core.events_gen cimport KIND_NONE
from tiercel._core.files cimport cx_cwd
from tiercel._core.images cimport Image, image_args
from tiercel._core.procs cimport Proc
from tiercel._core.text cimport Text, text_begin, text_char, text_end, text_slice
from tiercel._core.value cimport ITER_PRINT, value_bool, value_int, value_text, value_uint
from tiercel._core.view cimport Slice, slice_equal, slice_none, slice_of, view_comm


cdef extern from "gen/events.gen.h" nogil:
    enum: EV_EXECVE_FLAGS_EXE_WRITABLE
    enum: EV_EXECVE_FLAGS_EXE_UPPER_LAYER
    enum: EV_EXECVE_FLAGS_EXE_FROM_MEMFD

# What to read from an image.
ctypedef Slice (*image_text_fn)(const Image *image) noexcept nogil


cdef inline const Image *_image(const EvalCx *cx) noexcept nogil:
    return cx.proc.image if cx.proc is not NULL else NULL


cdef Slice _comm(const Image *image) noexcept nogil:
    return image.comm


cdef Slice _exe(const Image *image) noexcept nogil:
    return image.exe


cdef Slice _exepath(const Image *image) noexcept nogil:
    return image.exepath


cdef Slice _cmdline(const Image *image) noexcept nogil:
    return image.cmdline


cdef bint _own(EvalCx *cx, image_text_fn read, Value *out) noexcept nogil:
    """A text of the process's own image."""
    cdef const Image *image = _image(cx)
    return image is not NULL and value_text(out, read(image))


# --- The process itself -----------------------------------------------------------------------------------------------

cdef bint field_proc_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _own(cx, _comm, out) or value_text(out, view_comm(cx.hdr))


cdef bint field_proc_exe(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _own(cx, _exe, out)


cdef bint field_proc_exepath(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _own(cx, _exepath, out)


cdef bint field_proc_cmdline(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _own(cx, _cmdline, out)


cdef bint _next_word(Slice *rest, Slice *out) noexcept nogil:
    """Take the text up to the next NUL from the front of `rest`; 0 at its end. An absent rest is the end."""
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


cdef bint field_proc_args(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """All arguments, or one of them: an empty text where there are fewer."""
    cdef const Image *image = _image(cx)
    cdef Slice rest, word
    cdef int32_t _
    if image is NULL or image.args.ptr is NULL:
        return 0
    if arg.index < 0:
        return value_text(out, image_args(image))
    rest = image.args
    word = slice_of(b"")
    for _ in range(arg.index + 1):
        if rest.len == 0 or not _next_word(&rest, &word):
            return value_text(out, slice_of(b""))
    return value_text(out, word)


cdef bint field_proc_pid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_int(out, cx.hdr.tgid)


cdef bint field_proc_vpid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return value_int(out, cx.hdr.vpid)


cdef bint field_proc_ppid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """The parent in the table, else the one that the kernel tells; the first process has none."""
    if cx.proc is not NULL and cx.proc.parent is not NULL:
        return value_int(out, cx.proc.parent.tgid)
    return cx.hdr.ptgid != 0 and value_int(out, cx.hdr.ptgid)


cdef bint field_proc_pgid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef const Image *image = _image(cx)
    return image is not NULL and image.pgid >= 0 and value_int(out, image.pgid)


cdef bint field_proc_vpgid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef const Image *image = _image(cx)
    return image is not NULL and image.vpgid >= 0 and value_int(out, image.vpgid)


cdef bint field_proc_sid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef const Image *image = _image(cx)
    return image is not NULL and image.sid >= 0 and value_int(out, image.sid)


cdef bint field_proc_tty(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef const Image *image = _image(cx)
    return image is not NULL and image.sid >= 0 and value_uint(out, image.tty)


cdef bint field_proc_cwd(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef Slice cwd
    return cx_cwd(cx, &cwd) and value_text(out, cwd)


cdef Slice _without_blanks(Slice text) noexcept nogil:
    while text.len and text.ptr[text.len - 1] in (b' ', b'\t', b'\n', b'\r', b'\v', b'\f'):
        text.len -= 1
    while text.len and text.ptr[0] in (b' ', b'\t', b'\n', b'\r', b'\v', b'\f'):
        text.ptr += 1
        text.len -= 1
    return text


cdef bint field_proc_env(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """All variables, or the value of one without blanks around it: an empty text where it is unset."""
    cdef const Image *image = _image(cx)
    cdef Slice rest, word, name
    cdef Text text
    cdef const uint8_t *equals
    cdef bint is_first = 1
    if image is NULL or image.env.ptr is NULL:
        return 0
    rest = image.env
    if arg.key.ptr is NULL:
        text_begin(&text, &cx.arena)
        while _next_word(&rest, &word):
            if not is_first:
                text_char(&text, b' ')
            is_first = 0
            text_slice(&text, word)
        return text_end(&text, &word) and value_text(out, word)
    while _next_word(&rest, &word):
        equals = <const uint8_t *>memchr(word.ptr, b'=', word.len) if word.len else NULL
        if equals is NULL:
            continue
        name.ptr = word.ptr
        name.len = <uint32_t>(equals - word.ptr)
        if slice_equal(name, arg.key):
            word.ptr += name.len + 1
            word.len -= name.len + 1
            return value_text(out, _without_blanks(word))
    return value_text(out, slice_of(b""))


cdef bint field_proc_duration(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    if cx.hdr.start_ns == 0 or cx.hdr.time_ns < cx.hdr.start_ns:
        return 0
    return value_uint(out, cx.hdr.time_ns - cx.hdr.start_ns)


cdef bint field_proc_exe_ino(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef const Image *image = _image(cx)
    return image is not NULL and image.exe_ino != 0 and value_int(out, image.exe_ino)


cdef bint _flag(EvalCx *cx, uint32_t flag, Value *out) noexcept nogil:
    """A property of the executable; not known without its path."""
    cdef const Image *image = _image(cx)
    return image is not NULL and image.exepath.ptr is not NULL and value_bool(out, image.flags & flag != 0)


cdef bint field_proc_is_exe_writable(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _flag(cx, EV_EXECVE_FLAGS_EXE_WRITABLE, out)


cdef bint field_proc_is_exe_upper_layer(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _flag(cx, EV_EXECVE_FLAGS_EXE_UPPER_LAYER, out)


cdef bint field_proc_is_exe_from_memfd(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _flag(cx, EV_EXECVE_FLAGS_EXE_FROM_MEMFD, out)


# --- Parents and ancestors --------------------------------------------------------------------------------------------

cdef const Proc *_ancestor(EvalCx *cx, int32_t level) noexcept nogil:
    """The process itself (0), its parent (1) and so on; NULL behind the last one that is known.

    The walk goes on where the one before stopped, so that taking each in turn is one walk in all.
    """
    if cx.walk is NULL or level < cx.walk_level:
        cx.walk = cx.proc
        cx.walk_level = 0
    while cx.walk_level < level and cx.walk is not NULL:
        cx.walk = cx.walk.parent
        cx.walk_level += 1
    return cx.walk


cdef inline bint _of_proc(const Proc *proc, image_text_fn read, Value *out) noexcept nogil:
    return proc is not NULL and proc.image is not NULL and value_text(out, read(proc.image))


cdef bint _ancestor_text(EvalCx *cx, const FieldArg *arg, image_text_fn read, Value *out) noexcept nogil:
    """A text of one ancestor, of kind NONE where only those above it have one; or all texts, blanks between them."""
    cdef const Proc *proc
    cdef Slice slice
    cdef Text text
    cdef bint is_first = 1
    if arg.index >= 0:
        return _of_proc(_ancestor(cx, arg.index), read, out)
    if arg.iter != ITER_PRINT:
        proc = _ancestor(cx, arg.iter + 1)
        if not _of_proc(proc, read, out):
            out.kind = KIND_NONE
        return proc is not NULL
    text_begin(&text, &cx.arena)
    proc = _ancestor(cx, 1)
    while proc is not NULL:
        slice = read(proc.image) if proc.image is not NULL else slice_none()
        if slice.ptr is not NULL:
            if not is_first:
                text_char(&text, b' ')
            is_first = 0
            text_slice(&text, slice)
        proc = proc.parent
    return text_end(&text, &slice) and not is_first and value_text(out, slice)


cdef bint field_proc_pname(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _of_proc(_ancestor(cx, 1), _comm, out)


cdef bint field_proc_pexepath(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _of_proc(_ancestor(cx, 1), _exepath, out)


cdef bint field_proc_pcmdline(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _of_proc(_ancestor(cx, 1), _cmdline, out)


cdef bint field_proc_aname(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _ancestor_text(cx, arg, _comm, out)


cdef bint field_proc_aexepath(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _ancestor_text(cx, arg, _exepath, out)


cdef bint field_proc_acmdline(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _ancestor_text(cx, arg, _cmdline, out)


cdef bint field_proc_apid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """The pid of one ancestor; in output without an index, the process's own."""
    cdef const Proc *proc
    if arg.index >= 0:
        proc = _ancestor(cx, arg.index)
    else:
        proc = _ancestor(cx, 0 if arg.iter == ITER_PRINT else arg.iter + 1)
    return proc is not NULL and value_int(out, proc.tgid)

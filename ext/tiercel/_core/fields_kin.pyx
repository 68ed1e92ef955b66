# SPDX-License-Identifier: Apache-2.0
"""``proc.*`` of other processes: the parent, the ancestors, the leaders of the session and the process group."""

from libc.stdint cimport int64_t, uint32_t, uint64_t

from tiercel._core.events_gen cimport KIND_NONE
from tiercel._core.images cimport (
    image_args,
    image_cmdline,
    image_comm,
    image_env,
    image_exe,
    image_exepath,
    image_text_fn,
    image_variable,
)
from tiercel._core.procs cimport Proc, proc_current
from tiercel._core.text cimport Text, text_begin, text_char, text_end, text_slice
from tiercel._core.value cimport ITER_PRINT, value_int, value_text, value_uint
from tiercel._core.view cimport Slice, slice_ends, slice_none, slice_of

cdef enum:
    ENV_LEVELS = 20         # how far up a variable is looked for

# --- Parents and ancestors --------------------------------------------------------------------------------------------

cdef const Proc *_ancestor(EvalCx *cx, int64_t level) noexcept nogil:
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
    return _of_proc(_ancestor(cx, 1), image_comm, out)


cdef bint field_proc_pexe(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _of_proc(_ancestor(cx, 1), image_exe, out)


cdef bint field_proc_pexepath(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _of_proc(_ancestor(cx, 1), image_exepath, out)


cdef bint field_proc_pcmdline(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _of_proc(_ancestor(cx, 1), image_cmdline, out)


cdef bint field_proc_aname(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _ancestor_text(cx, arg, image_comm, out)


cdef bint field_proc_pvpid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef const Proc *parent = _ancestor(cx, 1)
    return parent is not NULL and parent.vpid != 0 and value_int(out, parent.vpid)


cdef bint field_proc_ppid_duration(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef const Proc *parent = _ancestor(cx, 1)
    if parent is NULL or parent.start_ns == 0 or cx.hdr.time_ns < parent.start_ns:
        return 0
    return value_uint(out, cx.hdr.time_ns - parent.start_ns)


cdef bint field_proc_ppid_ts(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef const Proc *parent = _ancestor(cx, 1)
    if parent is NULL or parent.start_ns == 0:
        return 0
    return value_uint(out, parent.start_ns + <uint64_t>cx.unix_offset_ns)


cdef bint field_proc_aexe(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _ancestor_text(cx, arg, image_exe, out)


cdef bint field_proc_aexepath(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _ancestor_text(cx, arg, image_exepath, out)


cdef bint field_proc_acmdline(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _ancestor_text(cx, arg, image_cmdline, out)


cdef bint field_proc_apid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """The pid of one ancestor; in output without an index, the process's own."""
    cdef const Proc *proc
    if arg.index >= 0:
        proc = _ancestor(cx, arg.index)
    else:
        proc = _ancestor(cx, 0 if arg.iter == ITER_PRINT else arg.iter + 1)
    return proc is not NULL and value_int(out, proc.tgid)


cdef bint field_proc_aargs(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """The arguments of one ancestor; or those of all as one text, blanks between them."""
    cdef const Proc *proc
    cdef Slice line
    cdef Text text
    if arg.index >= 0:
        return _of_proc(_ancestor(cx, arg.index), image_args, out)
    text_begin(&text, &cx.arena)
    proc = _ancestor(cx, 1)
    while proc is not NULL:
        if proc.image is not NULL:
            if cx.arena.used > text.start:
                text_char(&text, b' ')
            text_slice(&text, image_args(proc.image))
        proc = proc.parent
    return text_end(&text, &line) and line.len > 0 and value_text(out, line)


cdef bint _env(EvalCx *cx, const Proc *proc, Value *out) noexcept nogil:
    cdef Slice text
    return (
        proc is not NULL and proc.image is not NULL and image_env(proc.image, &cx.arena, &text)
        and value_text(out, text)
    )


cdef bint field_proc_aenv(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """A variable of the nearest ancestor where it is not empty; one environment; in output alone, the own one."""
    cdef const Proc *proc
    cdef int64_t level
    if arg.key.ptr is not NULL:
        if cx.proc is NULL:
            return 0
        for level in range(1, ENV_LEVELS + 1):
            proc = _ancestor(cx, level)
            if proc is NULL:
                break
            if proc.image is not NULL and value_text(out, image_variable(proc.image, arg.key)) and out.text.len:
                return 1
        return value_text(out, slice_of(b""))
    if arg.index >= 0 or arg.iter == ITER_PRINT:
        return _env(cx, _ancestor(cx, arg.index if arg.index >= 0 else 0), out)
    proc = _ancestor(cx, arg.iter + 1)
    if not _env(cx, proc, out):
        out.kind = KIND_NONE
    return proc is not NULL


cdef bint field_proc_loginshellid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """The pid of the last process upwards, the own one included, whose name ends in ``sh``."""
    cdef const Proc *proc = _ancestor(cx, 0)
    cdef bint found = 0
    while proc is not NULL:
        if proc.image is not NULL and slice_ends(proc.image.comm, b"sh", 2):
            found = value_int(out, proc.tgid)
        proc = proc.parent
    return found


# --- Leaders ----------------------------------------------------------------------------------------------------------

# Which identifier of a process leads to the leader.
ctypedef int64_t (*proc_id_fn)(const Proc *proc) noexcept nogil


cdef int64_t _sid(const Proc *proc) noexcept nogil:
    return proc.sid


cdef int64_t _pgid(const Proc *proc) noexcept nogil:
    return proc.pgid


cdef int64_t _vpgid(const Proc *proc) noexcept nogil:
    return proc.vpgid


cdef bint _leader_text(
    EvalCx *cx, proc_id_fn id_of, bint is_virtual, image_text_fn read, Value *out
) noexcept nogil:
    """A text of the process with that pid, or else of the oldest in an unbroken line of ancestors with the same id.

    A number of another pid namespace is no pid here, so that only the line of ancestors is left. Empty if none is
    found, as in Falco.
    """
    cdef const Proc *proc
    cdef const Proc *leader = NULL
    cdef int64_t id
    if cx.proc is NULL:
        return 0
    id = id_of(cx.proc)
    if id < 0:
        return 0
    if (not is_virtual or cx.hdr.tid == cx.hdr.vtid) and id <= 0x7fff_ffff:
        leader = proc_current(cx.state, <uint32_t>id)
    proc = cx.proc.parent
    while leader is NULL and proc is not NULL and id_of(proc) == id:
        if proc.parent is NULL or id_of(proc.parent) != id:
            leader = proc
        proc = proc.parent
    return _of_proc(leader, read, out) or value_text(out, slice_of(b""))


cdef bint field_proc_sname(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _leader_text(cx, _sid, 1, image_comm, out)


cdef bint field_proc_sid_exe(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _leader_text(cx, _sid, 1, image_exe, out)


cdef bint field_proc_sid_exepath(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _leader_text(cx, _sid, 1, image_exepath, out)


cdef bint field_proc_vpgid_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _leader_text(cx, _vpgid, 1, image_comm, out)


cdef bint field_proc_vpgid_exe(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _leader_text(cx, _vpgid, 1, image_exe, out)


cdef bint field_proc_vpgid_exepath(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _leader_text(cx, _vpgid, 1, image_exepath, out)


cdef bint field_proc_pgid_name(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _leader_text(cx, _pgid, 0, image_comm, out)


cdef bint field_proc_pgid_exe(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _leader_text(cx, _pgid, 0, image_exe, out)


cdef bint field_proc_pgid_exepath(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _leader_text(cx, _pgid, 0, image_exepath, out)

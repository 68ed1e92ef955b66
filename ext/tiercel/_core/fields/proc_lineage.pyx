# SPDX-License-Identifier: Apache-2.0
"""Extractors of ``proc.*`` for parent, ancestors, session leader and process group leader."""

from libc.stdint cimport int64_t, uint64_t

from tiercel._core.fields.proc_access cimport cx_known, cx_parent
from tiercel._core.state.exec_image cimport (
    image_args,
    image_cmdline,
    image_comm,
    image_env,
    image_exe,
    image_exepath,
    image_text_fn,
    image_variable,
)
from tiercel._core.state.process cimport Proc
from tiercel._core.util.arena_text cimport Text, text_begin, text_char, text_end, text_slice
from tiercel._core.util.slice cimport Slice, slice_ends, slice_none, slice_of
from tiercel._core.values.value cimport ITER_PRINT, value_int, value_text, value_uint
from tiercel._core.wire.events_gen cimport KIND_NONE

cdef enum:
    ENV_LEVELS = 20         # maximum number of ancestors searched for a variable
    LEVELS = 4096           # maximum number of ancestors: parents in a damaged capture may form a cycle

# --- Parents and ancestors --------------------------------------------------------------------------------------------

cdef const Proc *_ancestor(EvalCx *cx, int64_t level) noexcept nogil:
    """Return the process itself (0), its parent (1) and so on; NULL after the last known ancestor.

    The walk continues from the previous one, so that reading all levels in order is a single walk.
    """
    if level > LEVELS:
        return NULL
    if cx.memo.ancestor is NULL or level < cx.memo.ancestor_level:
        cx.memo.ancestor = cx.event.proc_main
        cx.memo.ancestor_level = 0
    while cx.memo.ancestor_level < level and cx.memo.ancestor is not NULL:
        cx.memo.ancestor = cx_parent(cx, cx.memo.ancestor)
        cx.memo.ancestor_level += 1
    return cx.memo.ancestor


# A walk from parent to parent. The parents in a damaged capture may form a cycle: a second pointer that advances two
# steps at a time detects it, and the walk ends there, as in Falco.
cdef struct Walk:
    const Proc *here
    const Proc *ahead


cdef inline const Proc *_up(const EvalCx *cx, const Proc *proc) noexcept nogil:
    return cx_parent(cx, proc) if proc is not NULL else NULL


cdef Walk _walk(const EvalCx *cx) noexcept nogil:
    """Start at the parent."""
    cdef Walk walk
    walk.here = _up(cx, cx.event.proc_main)
    walk.ahead = _up(cx, walk.here)
    return walk


cdef void _go_on(const EvalCx *cx, Walk *walk) noexcept nogil:
    cdef int _
    walk.here = _up(cx, walk.here)
    for _ in range(2):
        walk.ahead = _up(cx, walk.ahead)
        if walk.here is walk.ahead:
            walk.here = NULL
            return


cdef inline bint _of_proc(const EvalCx *cx, const Proc *proc, image_text_fn read, Value *out) noexcept nogil:
    return proc is not NULL and proc.image is not NULL and value_text(out, cx_known(cx, read(proc.image)))


cdef bint _ancestor_text(EvalCx *cx, const FieldArg *arg, image_text_fn read, Value *out) noexcept nogil:
    """Read a text of one ancestor, KIND_NONE if only higher ancestors have one; or all texts, separated by blanks."""
    cdef const Proc *proc
    cdef Walk walk
    cdef Slice slice
    cdef Text text
    cdef bint is_first = 1
    if arg.index >= 0:
        return _of_proc(cx, _ancestor(cx, arg.index), read, out)
    if arg.iter != ITER_PRINT:
        proc = _ancestor(cx, arg.iter + 1)
        if not _of_proc(cx, proc, read, out):
            out.kind = KIND_NONE
        return proc is not NULL
    text_begin(&text, &cx.memo.arena)
    walk = _walk(cx)
    while walk.here is not NULL:
        slice = cx_known(cx, read(walk.here.image)) if walk.here.image is not NULL else slice_none()
        if slice.ptr is not NULL:
            if not is_first:
                text_char(&text, b' ')
            is_first = 0
            text_slice(&text, slice)
        _go_on(cx, &walk)
    return text_end(&text, &slice) and not is_first and value_text(out, slice)


cdef bint field_proc_pname(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _of_proc(cx, _ancestor(cx, 1), image_comm, out)


cdef bint field_proc_pexe(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _of_proc(cx, _ancestor(cx, 1), image_exe, out)


cdef bint field_proc_pexepath(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _of_proc(cx, _ancestor(cx, 1), image_exepath, out)


cdef bint field_proc_pcmdline(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _of_proc(cx, _ancestor(cx, 1), image_cmdline, out)


cdef bint field_proc_aname(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    return _ancestor_text(cx, arg, image_comm, out)


cdef bint field_proc_pvpid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef const Proc *parent = _ancestor(cx, 1)
    cdef int64_t id
    if parent is NULL:
        return 0
    id = cx.source.proc.vpid_of(parent)
    return id >= cx.source.lowest_id and value_int(out, id)


cdef bint field_proc_ppid_duration(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef const Proc *parent = _ancestor(cx, 1)
    cdef uint64_t ns
    return parent is not NULL and cx.source.proc.parent_age(cx, parent, &ns) and value_uint(out, ns)


cdef bint field_proc_ppid_ts(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    cdef const Proc *parent = cx.source.proc.creator(cx) if cx.event.proc_main is not NULL else NULL
    if parent is NULL or (parent.start_ns == 0 and not cx.source.reports_unknown):
        return 0
    return value_uint(out, parent.start_ns + <uint64_t>cx.event.unix_offset_ns)


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
    return proc is not NULL and value_int(out, cx.source.proc.pid_of(proc))


cdef bint field_proc_aargs(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """The arguments of one ancestor, or of all ancestors as one text, separated by blanks."""
    cdef Walk walk
    cdef Slice line
    cdef Text text
    if arg.index >= 0:
        return _of_proc(cx, _ancestor(cx, arg.index), image_args, out)
    text_begin(&text, &cx.memo.arena)
    walk = _walk(cx)
    while walk.here is not NULL:
        if walk.here.image is not NULL:
            if cx.memo.arena.used > text.start:
                text_char(&text, b' ')
            text_slice(&text, image_args(walk.here.image))
        _go_on(cx, &walk)
    return text_end(&text, &line) and line.len > 0 and value_text(out, line)


cdef bint _env(EvalCx *cx, const Proc *proc, Value *out) noexcept nogil:
    cdef Slice text
    if proc is NULL or proc.image is NULL:
        return 0
    if not image_env(proc.image, &cx.memo.arena, &text):
        text = cx_known(cx, slice_none())
    return value_text(out, text)


cdef bint field_proc_aenv(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """A variable of the nearest ancestor with a value; or one environment; in output without an index, the own one."""
    cdef const Proc *proc
    cdef int64_t level
    if arg.key.ptr is not NULL:
        if cx.event.proc is NULL:
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


cdef bint _is_shell(const EvalCx *cx, const Proc *proc, Value *out) noexcept nogil:
    return (
        proc is not NULL and proc.image is not NULL and slice_ends(proc.image.comm, b"sh", 2)
        and value_int(out, cx.source.proc.pid_of(proc))
    )


cdef bint field_proc_loginshellid(EvalCx *cx, const FieldArg *arg, Value *out) noexcept nogil:
    """The pid of the highest ancestor, or the process itself, with a name that ends in ``sh``."""
    cdef bint found = _is_shell(cx, cx.event.proc_main, out)
    cdef Walk walk = _walk(cx)
    while walk.here is not NULL:
        if _is_shell(cx, walk.here, out):
            found = 1
        _go_on(cx, &walk)
    return found


# --- Leaders ----------------------------------------------------------------------------------------------------------

# Identifier of a process that selects the leader.
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
    """Read a text of the process with that pid, or else of the oldest in an unbroken line of ancestors with that id.

    Empty if there is no such process, as in Falco.
    """
    cdef const Proc *leader
    cdef Walk walk
    cdef int64_t id
    if cx.event.proc is NULL:
        return 0
    id = id_of(cx.event.proc)
    if id < cx.source.lowest_id:
        return 0
    leader = cx.source.proc.find_leader(cx, id, is_virtual)
    if leader is NULL:
        walk = _walk(cx)
        while walk.here is not NULL and id_of(walk.here) == id:
            leader = walk.here
            _go_on(cx, &walk)
    return _of_proc(cx, leader, read, out) or value_text(out, slice_of(b""))


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

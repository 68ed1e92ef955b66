# SPDX-License-Identifier: Apache-2.0
"""Container ids in cgroup paths.

The matchers and their order are those of Falco's container plugin: podman, docker, cri, containerd, lxc, libvirt, bpm.
The first matcher that accepts the first path wins. Engines with ids of 64 hexadecimal digits report the first 12.

A cgroup below a container's cgroup belongs to that container. Falco reports the host or another container there, which
would let a program with write access to cgroups leave its container. Among cgroups with full ids the innermost one
counts, as in Falco, and it takes precedence over names. Among cgroups with names the outermost one counts.
"""

from libc.stdint cimport uint32_t
from libc.string cimport memchr, strlen

from tiercel._core.util.slice cimport slice_ends, slice_equal, slice_find, slice_find_last, slice_of

cdef enum:
    ID_DIGITS = 64
    ID_SHOWN = 12
    LEVELS_MAX = 64         # levels that are searched for a named container's own cgroup


cdef inline bint _is_alnum(uint8_t c) noexcept nogil:
    return b'0' <= c <= b'9' or b'a' <= c <= b'z' or b'A' <= c <= b'Z'


cdef inline Slice _up_to(Slice path, uint32_t end) noexcept nogil:
    path.len = end
    return path


cdef bint _is_hex(Slice text) noexcept nogil:
    cdef uint32_t i
    for i in range(text.len):
        if not (b'0' <= text.ptr[i] <= b'9' or b'a' <= text.ptr[i] <= b'f' or b'A' <= text.ptr[i] <= b'F'):
            return 0
    return 1


cdef bint _between(Slice path, const char *prefix, const char *suffix, Slice *out) noexcept nogil:
    """Return the text between the last `prefix` and the last `suffix`; an empty suffix is the end of the path."""
    cdef int start = slice_find_last(path, slice_of(prefix)), end
    if start < 0:
        return 0
    start += <int>strlen(prefix)
    end = slice_find_last(path, slice_of(suffix)) if suffix[0] else <int>path.len
    if end < start:
        return 0
    out.ptr = path.ptr + start
    out.len = <uint32_t>(end - start)
    return 1


cdef bint _digits(Slice path, const char *prefix, const char *suffix, Slice *id) noexcept nogil:
    """Return a full id between `prefix` and `suffix`."""
    if not _between(path, prefix, suffix, id) or id.len != ID_DIGITS or not _is_hex(id[0]):
        return 0
    id.len = ID_SHOWN
    return 1


cdef bint _podman(Slice path, Slice *id) noexcept nogil:
    return (
        _digits(path, b"/libpod-", b".scope", id)
        or _digits(path, b"/libpod-", b".scope/container", id)
        or _digits(path, b"/libpod-", b"", id)
        or _digits(path, b"/libpod-payload-", b".scope", id)
        or _digits(path, b"/libpod-payload-", b".scope/container", id)
        or _digits(path, b"/libpod-payload-", b"", id)
    )


cdef bint _docker(Slice path, Slice *id) noexcept nogil:
    return _digits(path, b"/", b"", id) or _digits(path, b"/docker-", b".scope", id)


cdef bint _cri(Slice path, Slice *id) noexcept nogil:
    return (
        _digits(path, b"/crio-", b"", id)
        or _digits(path, b"/cri-containerd-", b".scope", id)
        or _digits(path, b"/crio-", b".scope", id)
        or _digits(path, b":cri-containerd:", b"", id)
        or _digits(path, b"/nerdctl-", b".scope", id)
    )


cdef bint _namespace(Slice path, Slice *out) noexcept nogil:
    """Return the first component, with slashes, of a containerd namespace: words joined by ``.``, ``_`` or ``-``."""
    cdef uint32_t start, i
    for start in range(path.len):
        if path.ptr[start] != b'/':
            continue
        i = start + 1
        while i < path.len:
            if _is_alnum(path.ptr[i]):
                i += 1
            elif path.ptr[i] in (b'.', b'_', b'-') and _is_alnum(path.ptr[i - 1]) and (
                i + 1 < path.len and _is_alnum(path.ptr[i + 1])
            ):
                i += 1
            else:
                break
        if i > start + 1 and i < path.len and path.ptr[i] == b'/':
            out.ptr = path.ptr + start
            out.len = i + 1 - start
            return 1
    return 0


cdef bint _containerd(Slice path, Slice *id) noexcept nogil:
    """Match the part below a namespace: a full id, or a short name that is not a systemd unit."""
    cdef Slice prefix
    cdef uint32_t start
    if not _namespace(path, &prefix) or slice_equal(prefix, slice_of(b"/libpod_parent/")):
        return 0  # podman: a path without a container id is that of conmon, which runs on the host
    if slice_equal(path, slice_of(b"/libvirt/lxc")) or slice_find(path, slice_of(b"/libvirt/lxc/")) == 0:
        return 0  # libvirt
    if slice_equal(path, slice_of(b"/docker/buildkit")):
        return 0  # parent of the cgroups of image builds
    start = <uint32_t>slice_find_last(path, prefix) + prefix.len
    id.ptr = path.ptr + start
    id.len = path.len - start
    if id.len == 0 or id.len > ID_DIGITS:
        return 0
    if not (id.len == ID_DIGITS and _is_hex(id[0])) and (
        slice_ends(path, b".service", 8) or slice_ends(path, b".slice", 6) or slice_ends(path, b".scope", 6)
    ):
        return 0
    id.len = min(id.len, <uint32_t>ID_SHOWN)
    return 1


cdef bint _after(Slice path, const char *marker, Slice *out) noexcept nogil:
    """Return the rest of the path after the first `marker`."""
    cdef int at = slice_find(path, slice_of(marker))
    if at < 0:
        return 0
    at += <int>strlen(marker)
    out.ptr = path.ptr + at
    out.len = path.len - <uint32_t>at
    return 1


cdef bint _lxc(Slice path, Slice *id) noexcept nogil:
    cdef const uint8_t *slash
    if not (_after(path, b"/lxc/", id) or _after(path, b"/lxc.payload/", id) or _after(path, b"/lxc.payload.", id)):
        return 0
    slash = <const uint8_t *>memchr(id.ptr, b'/', id.len) if id.len else NULL
    if slash is not NULL:
        id.len = <uint32_t>(slash - id.ptr)
    return id.len > 0


cdef bint _libvirt(Slice path, Slice *id) noexcept nogil:
    cdef int end
    if slice_ends(path, b".libvirt-lxc", 12):
        return _between(path, b"/", b".libvirt-lxc", id) and id.len > 0
    # systemd writes "-" as "\x2d": the text after "-lxc\x2" starts with that last letter.
    if _after(path, b"-lxc\\x2", id) and (slice_ends(path, b".scope/libvirt", 14) or slice_ends(path, b".scope", 6)):
        end = slice_find_last(id[0], slice_of(b".scope"))
        if end > 1:
            id.ptr += 1
            id.len = <uint32_t>end - 1
            return 1
    return _after(path, b"/libvirt/lxc/", id) and id.len > 0


cdef bint _bpm(Slice path, Slice *id) noexcept nogil:
    cdef int end
    cdef uint32_t i
    if not _after(path, b"bpm-", id):
        return 0
    end = slice_find(id[0], slice_of(b".scope"))
    if end >= 0:
        id.len = <uint32_t>end
    for i in range(id.len):
        if not _is_alnum(id.ptr[i]) and id.ptr[i] not in (b'.', b'_', b'-'):
            return 0
    return id.len > 0


cdef uint8_t _match_full(Slice path, Slice *id) noexcept nogil:
    """Return the matcher of the first layout with a full id at the end of the path; MATCHER_NONE if none matches."""
    if _podman(path, id):
        return MATCHER_PODMAN
    if _docker(path, id):
        return MATCHER_DOCKER
    return MATCHER_CRI if _cri(path, id) else MATCHER_NONE


cdef uint8_t _match_name(Slice path, Slice *id) noexcept nogil:
    """Return the matcher of the first layout with a user-chosen name; MATCHER_NONE if none matches."""
    if _containerd(path, id):
        return MATCHER_CONTAINERD
    if _lxc(path, id):
        return MATCHER_LXC
    if _libvirt(path, id):
        return MATCHER_LIBVIRT_LXC
    return MATCHER_BPM if _bpm(path, id) else MATCHER_NONE


cdef bint _full(Slice path, CgroupName *out) noexcept nogil:
    """Find the full id at the end of the path; `out.path` ends with the component of the id."""
    cdef const uint8_t *end
    cdef const uint8_t *slash
    out.matcher = _match_full(path, &out.id)
    if out.matcher == MATCHER_NONE:
        return 0
    end = path.ptr + path.len
    slash = <const uint8_t *>memchr(out.id.ptr, b'/', <size_t>(end - out.id.ptr))
    out.path.ptr = path.ptr
    out.path.len = path.len if slash is NULL else <uint32_t>(slash - path.ptr)
    return 1


cdef bint _full_above(Slice path, CgroupName *out) noexcept nogil:
    """Find the innermost cgroup above `path` that has a full id."""
    cdef uint32_t end = path.len
    cdef bint is_whole = 1
    while path.len:
        path.len -= 1
        if path.ptr[path.len] != b'/':
            continue
        # Only a component of that length can be an id. This check keeps deep paths cheap.
        if not is_whole and end - path.len > ID_DIGITS and _full(_up_to(path, end), out):
            return 1
        is_whole = 0
        end = path.len
    return 0


cdef bint _name(Slice path, CgroupName *out) noexcept nogil:
    out.matcher = _match_name(path, &out.id)
    out.path = path
    return out.matcher != MATCHER_NONE


cdef bint _named(Slice path, CgroupName *out) noexcept nogil:
    """Find the outermost cgroup, down to `path` itself, that has a layout with a name.

    A process in a container can choose the names of cgroups that it creates, but not of those above.
    """
    cdef CgroupName whole
    cdef uint32_t end
    cdef int levels = 0
    for end in range(1, path.len):
        if path.ptr[end] != b'/':
            continue
        levels += 1
        if levels > LEVELS_MAX:
            break
        if _name(_up_to(path, end), out):
            # lxc and others use one layout for a container's cgroup and another one for those below it.
            if _name(path, &whole) and slice_equal(whole.id, out.id):
                out.matcher = whole.matcher
            return 1
    return _name(path, out)


cdef enum:
    RANK_NONE = 0
    RANK_NAMED_ABOVE = 1
    RANK_FULL_ABOVE = 2
    RANK_OWN = 3            # the path is a container's own cgroup


cdef int _rank(Slice path, CgroupName *out) noexcept nogil:
    """Find the container of the cgroup `path`; return a RANK_*."""
    if _full(path, out):
        return RANK_OWN
    if _full_above(path, out):
        return RANK_FULL_ABOVE
    if _named(path, out):
        return RANK_OWN if out.path.len == path.len else RANK_NAMED_ABOVE
    return RANK_NONE


cdef bint cgroup_container(Slice path, CgroupName *out) noexcept nogil:
    """Find the container of the cgroup `path`; return 0 if it belongs to no container."""
    return _rank(path, out) != RANK_NONE


cdef bint _next_path(Slice *rest, Slice *path) noexcept nogil:
    """Take an entry ``subsystem=path`` from the front; 0 at the end and at a malformed entry."""
    cdef const uint8_t *end = <const uint8_t *>memchr(rest.ptr, 0, rest.len) if rest.len else NULL
    cdef const uint8_t *equals
    cdef uint32_t length = rest.len if end is NULL else <uint32_t>(end - rest.ptr)
    equals = <const uint8_t *>memchr(rest.ptr, b'=', length) if length else NULL
    if equals is NULL:
        return 0
    path.ptr = equals + 1
    path.len = length - <uint32_t>(path.ptr - rest.ptr)
    rest.ptr += min(length + 1, rest.len)
    rest.len -= min(length + 1, rest.len)
    return 1


cdef bint cgroups_container(Slice cgroups, CgroupName *out) noexcept nogil:
    """Find the container of ``subsystem=path`` entries, separated by NUL; an entry without ``=`` ends the list.

    A container's own cgroup takes precedence over cgroups below one; among equal ranks the first entry wins.
    """
    cdef CgroupName name
    cdef Slice rest = cgroups, path
    cdef int best = RANK_NONE, rank
    while best < RANK_OWN and _next_path(&rest, &path):
        rank = _rank(path, &name)
        if rank > best:
            best = rank
            out[0] = name
    return best != RANK_NONE

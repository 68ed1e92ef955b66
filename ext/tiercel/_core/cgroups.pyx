# SPDX-License-Identifier: Apache-2.0
"""Container ids, read from the names of control groups.

The matchers are those of Falco's container plugin, in its order: podman, docker, cri, containerd, lxc, libvirt, bpm;
the first that recognises the first path wins. Engines with ids of 64 hexadecimal digits give the first 12.

Where Falco sees none, the groups above are looked at, too: a program that may make groups would leave its container.
"""

from libc.stdint cimport uint32_t
from libc.string cimport memchr, strlen

from tiercel._core.view cimport slice_ends, slice_equal, slice_find, slice_find_last, slice_of

cdef enum:
    ID_DIGITS = 64
    ID_SHOWN = 12


cdef inline bint _is_alnum(uint8_t c) noexcept nogil:
    return b'0' <= c <= b'9' or b'a' <= c <= b'z' or b'A' <= c <= b'Z'


cdef bint _is_hex(Slice text) noexcept nogil:
    cdef uint32_t i
    for i in range(text.len):
        if not (b'0' <= text.ptr[i] <= b'9' or b'a' <= text.ptr[i] <= b'f' or b'A' <= text.ptr[i] <= b'F'):
            return 0
    return 1


cdef bint _between(Slice path, const char *prefix, const char *suffix, Slice *out) noexcept nogil:
    """What stands between the last `prefix` and the last `suffix`; an empty suffix is the end of the path."""
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
    """A full id between `prefix` and `suffix`."""
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
    """The first component, slashes included, that is a containerd namespace: words joined by ``.``, ``_`` or ``-``."""
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
    """Below a namespace: a full id, or any short name that is not a systemd unit."""
    cdef Slice prefix
    cdef uint32_t start
    if not _namespace(path, &prefix) or slice_equal(prefix, slice_of(b"/libpod_parent/")):
        return 0  # of podman: what has no container's id there is conmon, which is on the host
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
    """The rest of the path behind the first `marker`."""
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
    # systemd writes "-" as "\x2d": the text behind "-lxc\x2" starts with that last letter.
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


cdef uint8_t _match(Slice path, Slice *id) noexcept nogil:
    """The first layout that the path has, and the id in it; MATCHER_NONE for none."""
    if _podman(path, id):
        return MATCHER_PODMAN
    if _docker(path, id):
        return MATCHER_DOCKER
    if _cri(path, id):
        return MATCHER_CRI
    if _containerd(path, id):
        return MATCHER_CONTAINERD
    if _lxc(path, id):
        return MATCHER_LXC
    if _libvirt(path, id):
        return MATCHER_LIBVIRT_LXC
    return MATCHER_BPM if _bpm(path, id) else MATCHER_NONE


cdef bint _above(Slice path, CgroupName *out) noexcept nogil:
    """The same for a group below one of a container, which whoever runs in there may make: by full ids alone."""
    cdef Slice whole = path
    while path.len:
        path.len -= 1
        if path.ptr[path.len] != b'/':
            continue
        out.path = whole
        if _podman(path, &out.id):
            out.matcher = MATCHER_PODMAN
            return 1
        if _docker(path, &out.id):
            out.matcher = MATCHER_DOCKER
            return 1
        if _cri(path, &out.id):
            out.matcher = MATCHER_CRI
            return 1
    return 0


cdef bint _exactly(Slice path, CgroupName *out) noexcept nogil:
    out.path = path
    out.matcher = _match(path, &out.id)
    return out.matcher != MATCHER_NONE


cdef bint cgroup_container(Slice path, CgroupName *out) noexcept nogil:
    """Find the container that the control group `path` belongs to; 0 if it is none of a container."""
    return _exactly(path, out) or _above(path, out)


cdef bint _next_path(Slice *rest, Slice *path) noexcept nogil:
    """Take an entry ``subsystem=path`` from the front; 0 at the end, or where one is no such entry."""
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
    """The same for ``subsystem=path`` entries with NUL between them, tried in order; one without ``=`` ends that.

    A group that is a container's own counts before any that is below one.
    """
    cdef Slice rest = cgroups, path
    while _next_path(&rest, &path):
        if _exactly(path, out):
            return 1
    rest = cgroups
    while _next_path(&rest, &path):
        if _above(path, out):
            return 1
    return 0

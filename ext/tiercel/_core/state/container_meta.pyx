# SPDX-License-Identifier: Apache-2.0
"""Immutable container metadata: values by number (enum tbl_meta)."""

from libc.stdint cimport uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcmp, memcpy

from tiercel._core.wire.events_gen cimport (
    METAKIND_BOOL,
    METAKIND_LIST,
    METAKIND_MAP,
    METAKIND_MOUNTS,
    METAKIND_TEXT,
    TBL_METADATA,
    TBL_NMETADATA,
    TBL_NPARTS,
)

cdef enum:
    META_BYTES_MAX = 1 << 20    # limit of the texts of one container
    MOUNT_PARTS = 5


cdef void meta_free(ContainerMeta *meta) noexcept nogil:
    free(meta)


cdef Slice meta_find(const MetaValue *map, Slice key) noexcept nogil:
    """Return the first value of a key in a map; absent without the key."""
    cdef Slice found
    cdef uint32_t low = 0, high = map.count // 2, middle
    cdef const Slice *at
    cdef int order
    found.ptr = NULL
    found.len = 0
    while low < high:
        middle = (low + high) // 2
        at = &map.texts[2 * middle]
        order = memcmp(at.ptr, key.ptr, min(at.len, key.len)) if at.len and key.len else 0
        if order < 0 or (order == 0 and at.len < key.len):
            low = middle + 1
        else:
            high = middle
    if 2 * low < map.count and map.texts[2 * low].len == key.len:
        if key.len == 0 or memcmp(map.texts[2 * low].ptr, key.ptr, key.len) == 0:
            found = map.texts[2 * low + 1]
    return found


# --- From Python ------------------------------------------------------------------------------------------------------

cdef dict _NUMBERS = {(<bytes>TBL_METADATA[number].name).decode(): number for number in range(TBL_NMETADATA)}


cdef bytes _encoded(object text):
    """Encode as UTF-8; undecodable bytes are kept, unencodable characters become question marks."""
    if isinstance(text, bytes):
        return text
    if not isinstance(text, str):
        raise ValueError(f"{text!r} is no text")
    try:
        return (<str>text).encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return (<str>text).encode("utf-8", "replace")


cdef list _texts(str name, int kind, object value):
    """Return the texts of a value in order."""
    if kind == METAKIND_TEXT:
        return [_encoded(value)]
    if kind == METAKIND_BOOL:
        if not isinstance(value, bool):
            raise ValueError(f"{name} is true or false, not {value!r}")
        return []
    if isinstance(value, (str, bytes)):
        raise ValueError(f"{name} is more than one text")
    if kind == METAKIND_LIST:
        return [_encoded(text) for text in value]
    if kind == METAKIND_MAP:
        pairs = value.items() if hasattr(value, "items") else value
        return [text for pair in sorted([_cells(name, pair, 2) for pair in pairs]) for text in pair]
    if kind == METAKIND_MOUNTS:
        return [text for mount in value for text in _cells(name, mount, MOUNT_PARTS)]
    raise ValueError(f"{name} cannot be set this way")


cdef tuple _cells(str name, object row, int size):
    cdef tuple texts = tuple([_encoded(text) for text in row])
    if len(texts) != size:
        raise ValueError(f"{name} consists of rows of {size} texts")
    return texts


cdef int metas_of(object values, uint8_t parts, ContainerMeta **metas) except -1:
    """Build metadata from a mapping of names to values; None stands for an unknown value.

    `metas` has TBL_NPARTS elements, all NULL; the elements of `parts` are set.  Raises ValueError for a name that is
    not in `parts` or a value of the wrong type.  The caller frees `metas` after an error, too.
    """
    cdef list known = [[] for _ in range(TBL_NPARTS)]
    cdef uint32_t number
    cdef int i
    for name, value in values.items():
        place = _NUMBERS.get(name)
        if place is None or not TBL_METADATA[<uint32_t>place].part & parts:
            raise ValueError(f"nothing called {name!r} is known of a container this way")
        if value is None:
            continue
        number = place
        texts = _texts(name, TBL_METADATA[number].kind, value)
        for i in range(TBL_NPARTS):
            if TBL_METADATA[number].part >> i & 1:
                (<list>known[i]).append((number, value is True, texts))
    for i in range(TBL_NPARTS):
        if parts >> i & 1:
            metas[i] = _made(known[i])
    return 0


cdef ContainerMeta *_made(list known) except NULL:
    """Build metadata from numbers, booleans and texts."""
    cdef uint64_t nslices = 0, nbytes = 0
    cdef uint32_t number
    cdef list texts
    cdef ContainerMeta *meta
    cdef MetaValue *rows
    cdef Slice *slices
    cdef char *room
    cdef bytes text
    for _, _, texts in known:
        nslices += <uint64_t>len(texts)
        nbytes += <uint64_t>sum([len(text) for text in texts])
    if nbytes > META_BYTES_MAX or nslices > META_BYTES_MAX:
        raise ValueError(f"more than {META_BYTES_MAX} bytes of metadata")
    meta = <ContainerMeta *>malloc(
        sizeof(ContainerMeta) + TBL_NMETADATA * sizeof(MetaValue) + nslices * sizeof(Slice) + nbytes
    )
    if meta is NULL:
        raise MemoryError
    rows = <MetaValue *>(meta + 1)
    slices = <Slice *>(rows + TBL_NMETADATA)
    room = <char *>(slices + nslices)
    meta.values = rows
    for number in range(<uint32_t>TBL_NMETADATA):
        rows[number].is_known = 0
    for place, truth, texts in known:
        number = place
        rows[number].is_known = 1
        rows[number].truth = truth
        rows[number].count = <uint32_t>len(texts)
        rows[number].texts = slices
        for text in texts:
            slices.ptr = <const uint8_t *>room
            slices.len = <uint32_t>len(text)
            memcpy(room, <const char *>text, slices.len)
            room += slices.len
            slices += 1
    return meta

# SPDX-License-Identifier: Apache-2.0
"""Shell patterns and substring search.

The language of patterns is that of fnmatch(3) without flags in the C locale: ``*`` and ``?`` match any byte, including
slashes and leading dots. ``[...]`` is a set with ranges and classes, ``[!...]`` or ``[^...]`` its complement. A
backslash quotes the next character.  When case is ignored, as with FNM_CASEFOLD, only ASCII letters are folded; bounds
of ranges are folded, classes are not.  The matcher backtracks to the last ``*`` only, so its time is at most the
product of both lengths.

Substring search starts from the byte of the needle that is likely to be the rarest. libc finds single bytes many at a
time; most texts lack that byte, which ends the search.
"""

from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memchr, memcmp

from tiercel._core.util.slice cimport memmem, slice_equal, slice_is_absolute, slice_of


cdef extern from "<ctype.h>" nogil:
    int isalnum(int)
    int isalpha(int)
    int isblank(int)
    int iscntrl(int)
    int isdigit(int)
    int isgraph(int)
    int islower(int)
    int isprint(int)
    int ispunct(int)
    int isspace(int)
    int isupper(int)
    int isxdigit(int)


# --- Patterns ---------------------------------------------------------------------------------------------------------

cdef bint glob_has(Slice pattern) noexcept nogil:
    """Return true if the text is a pattern; as in Falco, a backslash alone does not make one."""
    cdef uint32_t i
    for i in range(pattern.len):
        if pattern.ptr[i] in (b'*', b'?', b'['):
            return 1
    return 0


cdef bint _in_class(Slice name, uint8_t c) noexcept nogil:
    """Return true if the byte belongs to the named class; an unknown class is empty."""
    if c >= 128:
        return 0
    if slice_equal(name, slice_of(b"alnum")):
        return isalnum(c) != 0
    if slice_equal(name, slice_of(b"alpha")):
        return isalpha(c) != 0
    if slice_equal(name, slice_of(b"blank")):
        return isblank(c) != 0
    if slice_equal(name, slice_of(b"cntrl")):
        return iscntrl(c) != 0
    if slice_equal(name, slice_of(b"digit")):
        return isdigit(c) != 0
    if slice_equal(name, slice_of(b"graph")):
        return isgraph(c) != 0
    if slice_equal(name, slice_of(b"lower")):
        return islower(c) != 0
    if slice_equal(name, slice_of(b"print")):
        return isprint(c) != 0
    if slice_equal(name, slice_of(b"punct")):
        return ispunct(c) != 0
    if slice_equal(name, slice_of(b"space")):
        return isspace(c) != 0
    if slice_equal(name, slice_of(b"upper")):
        return isupper(c) != 0
    if slice_equal(name, slice_of(b"xdigit")):
        return isxdigit(c) != 0
    return 0


cdef uint32_t _class_end(Slice pattern, uint32_t at) noexcept nogil:
    """Return the position after the ``:]`` of a class whose ``[:`` is at `at`; 0 if it is not a class."""
    cdef uint32_t i = at + 2
    while i + 1 < pattern.len and islower(pattern.ptr[i]):
        i += 1
    if i + 1 < pattern.len and pattern.ptr[i] == b':' and pattern.ptr[i + 1] == b']':
        return i + 2
    return 0


cdef uint32_t _set_end(Slice pattern, uint32_t at) noexcept nogil:
    """Return the position after the bracket that closes the set at `at`; 0 if it is not closed."""
    cdef uint32_t i = at + 1, end
    cdef bint is_first = 1
    if i < pattern.len and pattern.ptr[i] in (b'!', b'^'):
        i += 1
    while i < pattern.len:
        if pattern.ptr[i] == b']' and not is_first:
            return i + 1
        is_first = 0
        end = 0
        if pattern.ptr[i] == b'[' and i + 1 < pattern.len and pattern.ptr[i + 1] == b':':
            end = _class_end(pattern, i)
        if end:
            i = end
        else:
            i += 2 if pattern.ptr[i] == b'\\' else 1
    return 0


cdef inline uint8_t _literal(Slice pattern, uint32_t *at, uint32_t end) noexcept nogil:
    """Read one character of a set, without its backslash, and advance."""
    if pattern.ptr[at[0]] == b'\\' and at[0] + 1 < end:
        at[0] += 1
    at[0] += 1
    return pattern.ptr[at[0] - 1]


cdef bint _set_has(Slice pattern, uint32_t at, uint32_t end, uint8_t c, bint fold) noexcept nogil:
    """Return true if the set from `at` to `end`, brackets included, matches the byte."""
    cdef uint32_t i = at + 1, close
    cdef uint8_t low, high, same = ascii_lower(c) if fold else c
    cdef bint negated = 0, found = 0
    cdef Slice name
    end -= 1
    if pattern.ptr[i] in (b'!', b'^'):
        negated = 1
        i += 1
    while i < end:
        if pattern.ptr[i] == b'[' and i + 1 < end and pattern.ptr[i + 1] == b':':
            close = _class_end(pattern, i)
            if close:
                name.ptr = pattern.ptr + i + 2
                name.len = close - 2 - (i + 2)
                if _in_class(name, c):
                    found = 1
                i = close
                continue
        low = _literal(pattern, &i, end)
        high = low
        if i + 1 < end and pattern.ptr[i] == b'-':
            i += 1
            high = _literal(pattern, &i, end)
        if fold:
            low = ascii_lower(low)
            high = ascii_lower(high)
        if low <= same <= high:
            found = 1
    return found != negated


cdef bint _one(Slice pattern, uint32_t *at, uint8_t c, bint fold) noexcept nogil:
    """Match one byte against the item at `at`, which is not ``*``, and advance past the item."""
    cdef uint32_t end
    cdef uint8_t own
    if pattern.ptr[at[0]] == b'?':
        at[0] += 1
        return 1
    if pattern.ptr[at[0]] == b'[':
        end = _set_end(pattern, at[0])
        if end:
            if not _set_has(pattern, at[0], end, c, fold):
                return 0
            at[0] = end
            return 1
    elif pattern.ptr[at[0]] == b'\\':
        if at[0] + 1 == pattern.len:
            return 0
        at[0] += 1
    own = pattern.ptr[at[0]]
    at[0] += 1
    return own == c or (fold and ascii_lower(own) == ascii_lower(c))


cdef bint glob_match(Slice pattern, Slice text, bint fold) noexcept nogil:
    """Return true if the pattern matches the whole text, ignoring case if `fold`."""
    cdef uint32_t p = 0, t = 0, next_p
    cdef uint32_t star_p = 0, star_t = 0
    cdef bint has_star = 0
    while t < text.len:
        if p < pattern.len and pattern.ptr[p] == b'*':
            p += 1
            has_star = 1
            star_p = p
            star_t = t
            continue
        next_p = p
        if p < pattern.len and _one(pattern, &next_p, text.ptr[t], fold):
            p = next_p
            t += 1
        elif has_star:
            star_t += 1
            p = star_p
            t = star_t
        else:
            return 0
    while p < pattern.len and pattern.ptr[p] == b'*':
        p += 1
    return p == pattern.len


cdef bint _component(Slice *rest, Slice *out) noexcept nogil:
    """Take the next component from the front of `rest`; 0 at the end."""
    cdef const uint8_t *slash
    while rest.len and rest.ptr[0] == b'/':
        rest.ptr += 1
        rest.len -= 1
    if rest.len == 0:
        return 0
    slash = <const uint8_t *>memchr(rest.ptr, b'/', rest.len)
    out.ptr = rest.ptr
    out.len = rest.len if slash is NULL else <uint32_t>(slash - rest.ptr)
    rest.ptr += out.len
    rest.len -= out.len
    return 1


cdef bint path_match(Slice prefix, bint has_glob, Slice path) noexcept nogil:
    """Return true if `prefix` is the path or a directory above it; with `has_glob` its components may be patterns.

    Repeated and trailing slashes are ignored. ``/`` is above every absolute path, and above no other.
    """
    cdef Slice above, component
    if slice_is_absolute(prefix) != slice_is_absolute(path):
        return 0
    # Common case: no pattern, and the path begins with the bytes of the prefix.
    if not has_glob and path.len > prefix.len > 1 and path.ptr[prefix.len] == b'/':
        if memcmp(path.ptr, prefix.ptr, prefix.len) == 0:
            return 1
    while _component(&prefix, &above):
        if not _component(&path, &component):
            return 0
        if not (
            glob_match(above, component, 0) if has_glob and glob_has(above) else slice_equal(above, component)
        ):
            return 0
    return 1


# --- Substrings -------------------------------------------------------------------------------------------------------

cdef enum:
    MISSES_MAX = 8          # mismatches at the rarest byte before the search switches to memmem

# The bytes of paths and command lines by descending frequency: counted in a capture of builds, shells and servers, each
# text once, with the spaces between arguments.
cdef bytes _FREQUENT = b"/ secniolrudapth-.bmgx_64vy123f+8jw0k597qz"

cdef uint8_t FREQUENCY[256]     # by byte, in lower case: 0 for bytes not listed above
for _byte in range(256):
    FREQUENCY[_byte] = 0
    if bytes([_byte]).lower() in _FREQUENT:
        FREQUENCY[_byte] = <uint8_t>(len(_FREQUENT) - _FREQUENT.index(bytes([_byte]).lower()))


cdef uint32_t text_rarest(Slice text, uint32_t width) noexcept nogil:
    """Return the offset of the `width` adjacent bytes that are likely the rarest of a text at least as long."""
    cdef uint32_t at, i, sum, best = 0, least = 0xffff_ffff
    for at in range(text.len - width + 1):
        sum = 0
        for i in range(width):
            sum += FREQUENCY[text.ptr[at + i]]
        if sum < least:
            least = sum
            best = at
    return best


cdef bint text_has(Slice text, Slice needle, uint32_t rarest) noexcept nogil:
    """Return true if the text contains the needle; `rarest` is the offset of its rarest byte, if known."""
    cdef const uint8_t *at
    cdef const uint8_t *end
    cdef int _
    if needle.len == 0:
        return 1
    if needle.len > text.len:
        return 0
    if rarest >= needle.len:
        rarest = 0
    at = text.ptr + rarest
    end = at + (text.len - needle.len + 1)
    for _ in range(MISSES_MAX):
        at = <const uint8_t *>memchr(at, needle.ptr[rarest], <size_t>(end - at))
        if at is NULL:
            return 0
        if memcmp(at - rarest, needle.ptr, needle.len) == 0:
            return 1
        at += 1
        if at == end:
            return 0
    at -= rarest
    return memmem(at, <size_t>(text.ptr + text.len - at), needle.ptr, needle.len) is not NULL


cdef inline bint _is_folded(const uint8_t *text, Slice needle) noexcept nogil:
    """Return true if the needle is at `at`, ignoring ASCII case."""
    cdef uint32_t i
    for i in range(needle.len):
        if ascii_lower(text[i]) != ascii_lower(needle.ptr[i]):
            return 0
    return 1


cdef inline const uint8_t *_seek(const uint8_t *at, const uint8_t *end, uint8_t byte) noexcept nogil:
    """Return the position of a byte; `end` if it does not occur."""
    cdef const void *found = memchr(at, byte, <size_t>(end - at))
    return end if found is NULL else <const uint8_t *>found


cdef bint text_has_folded(Slice text, Slice needle, uint32_t rarest) noexcept nogil:
    """Search as `text_has`, ignoring ASCII case."""
    cdef const uint8_t *small
    cdef const uint8_t *capital
    cdef const uint8_t *at
    cdef const uint8_t *end
    cdef uint8_t byte, other
    if needle.len == 0:
        return 1
    if needle.len > text.len:
        return 0
    if rarest >= needle.len:
        rarest = 0
    byte = ascii_lower(needle.ptr[rarest])
    other = byte - 32 if b'a' <= byte <= b'z' else byte
    at = text.ptr + rarest
    end = at + (text.len - needle.len + 1)
    small = _seek(at, end, byte)
    capital = _seek(at, end, other) if other != byte else end
    while True:
        at = small if small < capital else capital
        if at == end:
            return 0
        if _is_folded(at - rarest, needle):
            return 1
        if at == small:
            small = _seek(at + 1, end, byte)
        else:
            capital = _seek(at + 1, end, other)

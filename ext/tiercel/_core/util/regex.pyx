# SPDX-License-Identifier: Apache-2.0
# distutils: language = c++
"""Regular expressions by RE2, as in Falco.

The only C++ module. Matching takes linear time and a pattern takes at most 8 MB, RE2's default.
"""

from weakref import WeakValueDictionary


cdef extern from "util/re2_match.h" nogil:
    cdef cppclass RE2 "re2::RE2":
        pass
    RE2 *re2_new(const char *pattern, size_t size) noexcept
    void re2_free(RE2 *regex) noexcept
    const char *re2_error(const RE2 *regex) noexcept
    bint re2_match(const RE2 *regex, const uint8_t *text, size_t size) noexcept

# Live patterns, shared by programs.
cdef object _patterns = WeakValueDictionary()


cdef bint regex_match(const void *compiled, const uint8_t *text, size_t size) noexcept nogil:
    """Return true if the pattern matches the whole text."""
    return re2_match(<const RE2 *>compiled, text, size)


cdef class Regex:
    """A compiled pattern; `compiled` is valid while this object lives."""

    def __dealloc__(self):
        re2_free(<RE2 *>self.compiled)


cdef Regex regex_compile(bytes pattern):
    """Return a pattern, shared with equal ones; raises ValueError with the reason if it is invalid."""
    cdef Regex regex = _patterns.get(pattern)
    cdef const char *error
    if regex is None:
        regex = Regex()
        regex.compiled = re2_new(pattern, len(pattern))
        if regex.compiled is NULL:
            raise MemoryError
        error = re2_error(<const RE2 *>regex.compiled)
        if error is not NULL:
            raise ValueError((<bytes>error).decode("utf-8", "replace"))
        _patterns[pattern] = regex
    return regex


def problem(bytes pattern not None):
    try:
        regex_compile(pattern)
    except ValueError as error:
        return str(error)
    return None

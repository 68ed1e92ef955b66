# SPDX-License-Identifier: Apache-2.0
"""Points in time as text."""

from libc.stdint cimport uint64_t

from tiercel._core.util.text cimport Text


cdef enum TimeStyle:
    TIME_ISO8601            # 2026-11-24T09:00:00.123456789+0000, in UTC
    TIME_OF_DAY             # 09:00:00.123456789, local like the following
    TIME_OF_DAY_S           # 09:00:00
    TIME_DATE               # 2026-11-24 09:00:00.123456789
    TIME_DATE_S             # 2026-11-24 09:00:00
    TIME_DATE_ZONE          # 2026-11-24 09:00:00.123456789 +0100

cdef void text_time(Text *text, uint64_t unix_ns, TimeStyle style) noexcept nogil

# SPDX-License-Identifier: Apache-2.0
"""Hash tables, text, paths, patterns, clocks and system calls, independent of events.

It imports ``wire`` for its slices of bytes.
"""

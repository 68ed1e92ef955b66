# SPDX-License-Identifier: Apache-2.0
"""Hash tables, text, paths, patterns, clocks and system calls, independent of events.

It imports nothing of tiercel.
"""

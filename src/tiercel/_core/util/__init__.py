# SPDX-License-Identifier: Apache-2.0
"""Containers, text, paths, patterns, clocks and system calls that know nothing of events.

It imports nothing of tiercel.
"""

# SPDX-License-Identifier: Apache-2.0
"""The BPF object in user space: loading, attaching, maps, kernel filter, and the ring buffers that are read.

It imports ``state`` and what lies below.
"""

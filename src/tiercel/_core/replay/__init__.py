# SPDX-License-Identifier: Apache-2.0
"""Threads and file descriptors of a capture, kept from its events as libsinsp keeps them.

It imports ``scap``, ``state`` and what lies below.
"""

# SPDX-License-Identifier: Apache-2.0
"""Thread and descriptor tables of a capture, kept from its events as in libsinsp.

It imports ``scap``, ``state`` and what lies below.
"""

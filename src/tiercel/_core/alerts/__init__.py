# SPDX-License-Identifier: Apache-2.0
"""Packing of matched values into alerts, the bounded alert queue, and unpacking.

It imports ``eval`` and what lies below.
"""

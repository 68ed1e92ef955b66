# SPDX-License-Identifier: Apache-2.0
"""Extractors: one module for each class of fields, and the generated table of them.

It imports ``values``, ``state`` and what lies below.
"""

# SPDX-License-Identifier: Apache-2.0
"""Python entry points without a live kernel: evaluation of single events and of captures.

It imports ``alerts``, ``replay`` and what lies below.
"""

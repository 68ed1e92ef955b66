# SPDX-License-Identifier: Apache-2.0
"""The ``.scap`` file format in both directions: blocks, params, and the conversion into records of the probe.

It imports ``state`` and what lies below.
"""

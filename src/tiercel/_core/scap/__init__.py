# SPDX-License-Identifier: Apache-2.0
"""Reader and writer of the ``.scap`` file format: blocks, params, conversion of old events.

It imports ``state`` and what lies below.
"""

# SPDX-License-Identifier: Apache-2.0
"""Record format of the probe: event layouts and bounds-checked views of one record.

It imports ``util``.
"""

# SPDX-License-Identifier: Apache-2.0
"""Records as the probe writes them: the layout of every event, and bounds-checked views of one record.

It imports ``util``.
"""

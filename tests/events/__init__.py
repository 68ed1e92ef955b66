# SPDX-License-Identifier: Apache-2.0
"""Live events: a package, so that its tests share one sensor."""
